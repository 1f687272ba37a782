namespace Holdfast.Core.Operations;

/// <summary>What a rebuilding of the catalog has found at its destination.</summary>
/// <param name="Databases">Number of databases.</param>
/// <param name="Archives">Number of archives.</param>
/// <param name="Identified">
/// Number of those whose ids are known now. Of the others only names and lengths are, until they are verified with their keys.
/// </param>
/// <param name="Hashed">Number of archives whose SHA-256 is known now. A verification records that of the others.</param>
/// <param name="Problems">Number of folders and archives with a problem. The first ones are warnings of the operation.</param>
public sealed record CatalogRebuildResult(int Databases, int Archives, int Identified, int Hashed, int Problems);
