namespace Secateur;

/// <summary>The request was right and was carried out, but what it demands was not reached; nothing was written.</summary>
public sealed class GateException(string message) : Exception(message);
