namespace Secateur;

/// <summary>The request or a file is wrong. One line: the place, the fault, the mend.</summary>
public sealed class SecateurException(string message, Exception? cause = null) : Exception(message, cause);
