namespace Secateur;

/// <summary>The request or a file is wrong. One line: the place, the fault, the mend.</summary>
/// <remarks>Names that a file gives may hold line breaks: they are told as spaces.</remarks>
public sealed class SecateurException(string message, Exception? cause = null) : Exception(message.ReplaceLineEndings(" "), cause);
