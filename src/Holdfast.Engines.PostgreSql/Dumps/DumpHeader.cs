using System.Globalization;
using System.Text;
using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// The header of a dump in PostgreSQL's custom format: the version of pg_dump, and the table of contents. Parsed
/// incrementally; it may be large, and only the needed parts are kept.
/// </summary>
internal sealed class DumpHeader
{
    /// <summary>Number of bytes that <see cref="NormalizeTimestamp"/> needs; every dump has more.</summary>
    public const int TimestampEnd = 11 + DumpHeaderReader.IntBytes + (7 * DumpHeaderReader.IntBytes);

    private const byte CustomFormat = 1;
    private const int V14 = 14,
        V15 = 15,
        V16 = 16;

    private readonly List<TocObject> _objects = [];
    private readonly List<TocEntry> _entries = [];
    private readonly SortedSet<string> _tablespaces = new(StringComparer.Ordinal);
    private byte[] _pending = [];
    private int _version;
    private TocSection _section = TocSection.PreData;
    private int _entriesLeft = -1; // number of entries to come; -1 until it is known

    /// <summary>Whether the header is complete.</summary>
    public bool IsComplete => _entriesLeft == 0;

    /// <summary>
    /// Major version of the <c>pg_dump</c> that made it: an older <c>pg_restore</c> may not be able to read it. 0 if
    /// unknown.
    /// </summary>
    public int PgDumpMajor { get; private set; }

    /// <summary>How its texts are decoded, according to its first entry.</summary>
    public Encoding TextEncoding { get; private set; } = Encoding.UTF8;

    /// <summary>The encoding of all texts and rows; empty until it is known.</summary>
    public string EncodingName { get; private set; } = "";

    /// <summary>Length in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>All objects, in order.</summary>
    public IReadOnlyList<TocObject> Objects => _objects;

    /// <summary>The objects of the kinds that Holdfast uses, in order.</summary>
    public IReadOnlyList<TocEntry> Entries => _entries;

    /// <summary>Tablespaces that are assigned to objects, except those of the server itself.</summary>
    public IReadOnlyCollection<string> Tablespaces => _tablespaces;

    /// <summary>Whether there are extensions, except those of every database.</summary>
    public bool HasExtensions { get; private set; }

    /// <summary>Number of subscriptions.</summary>
    public int Subscriptions { get; private set; }

    /// <summary>Whether there are user mappings for foreign servers.</summary>
    public bool HasUserMappings { get; private set; }

    /// <summary>
    /// Replaces the timestamp of a dump by a fixed one: two dumps of an unchanged database are then equal, so that an
    /// incremental stores nothing. The archive's own header contains the time.
    /// </summary>
    /// <param name="start">The first <see cref="TimestampEnd"/> bytes of the dump, or more.</param>
    public static void NormalizeTimestamp(Span<byte> start)
    {
        var reader = new DumpHeaderReader(start, Encoding.UTF8);
        ReadVersion(ref reader);
        // Second, minute, hour, day, month from 0, year from 1900, daylight saving time: 1 January 2000.
        ReadOnlySpan<byte> fields = [0, 0, 0, 1, 0, 100, 0];
        for (var i = 0; i < fields.Length; i++)
        {
            var field = start.Slice(reader.Position + (i * DumpHeaderReader.IntBytes), DumpHeaderReader.IntBytes);
            field.Clear();
            field[1] = fields[i];
        }
    }

    /// <summary>Parses more bytes.</summary>
    /// <returns>The number of bytes that belong to the header.</returns>
    public int Append(ReadOnlySpan<byte> bytes)
    {
        if (IsComplete)
        {
            return 0;
        }
        _pending = [.. _pending, .. bytes];
        var read = 0;
        while (!IsComplete)
        {
            var reader = new DumpHeaderReader(_pending.AsSpan(read), TextEncoding);
            if (_entriesLeft < 0)
            {
                ReadStart(ref reader);
            }
            else
            {
                ReadEntry(ref reader);
            }
            if (reader.IsIncomplete)
            {
                break;
            }
            read += reader.Position;
        }

        Length += read;
        var consumed = IsComplete ? bytes.Length - (_pending.Length - read) : bytes.Length;
        _pending = IsComplete ? [] : _pending[read..];
        return consumed;
    }

    private static int ReadVersion(ref DumpHeaderReader reader)
    {
        var isDump = true;
        foreach (var letter in "PGDMP"u8)
        {
            isDump &= reader.ReadByte() == letter;
        }
        var (major, minor, _) = (reader.ReadByte(), reader.ReadByte(), reader.ReadByte());
        var (numbers, offsets, format) = (reader.ReadByte(), reader.ReadByte(), reader.ReadByte());
        if (reader.IsIncomplete)
        {
            return 0;
        }
        if (!isDump)
        {
            throw DumpFailure.Unsupported("it does not begin with PGDMP");
        }
        if (major != 1 || minor is < V14 or > V16)
        {
            throw DumpFailure.Unsupported($"its version is {major}.{minor}; 1.14 to 1.16 are supported");
        }
        if (numbers != 4 || offsets != 8 || format != CustomFormat)
        {
            throw DumpFailure.Unsupported($"its numbers have {numbers} bytes, its offsets {offsets}, its format is {format}");
        }
        // Compression: a level up to version 1.14, the code of an algorithm since then. Holdfast compresses by itself.
        var compression = minor >= V15 ? reader.ReadByte() : reader.ReadInt();
        return !reader.IsIncomplete && compression != 0 ? throw DumpFailure.Unsupported("its data is compressed") : minor;
    }

    private void ReadStart(ref DumpHeaderReader reader)
    {
        var version = ReadVersion(ref reader);
        reader.Skip(7 * DumpHeaderReader.IntBytes);
        reader.SkipText(); // database
        reader.SkipText(); // server version
        var pgDumpVersion = reader.ReadText() ?? "";
        var count = reader.ReadInt();
        if (reader.IsIncomplete)
        {
            return;
        }
        if (count < 0)
        {
            throw DumpFailure.Unsupported($"it has {count} objects");
        }
        (_version, _entriesLeft) = (version, count);
        PgDumpMajor = int.TryParse(
            pgDumpVersion.TakeWhile(char.IsAsciiDigit).Take(4).ToArray(),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var major
        )
            ? major
            : 0;
    }

    private void ReadEntry(ref DumpHeaderReader reader)
    {
        var id = reader.ReadInt();
        var hasData = reader.ReadInt() != 0;
        reader.SkipText(); // OIDs of the catalog and of the object
        reader.SkipText();
        var name = reader.ReadText();
        var kindText = reader.ReadText() ?? "";
        var kind = TocEntry.ParseKind(kindText);
        var section = reader.ReadInt();
        string? definition = null;
        if (kind is not null && TocEntry.NeedsDefinition(kind))
        {
            definition = reader.ReadText();
        }
        else
        {
            reader.SkipText();
        }
        reader.SkipText(); // DROP statement
        string? copy = null;
        if (kind == TocEntry.TableData)
        {
            copy = reader.ReadText();
        }
        else
        {
            reader.SkipText();
        }
        var schema = reader.ReadText();
        var tablespace = reader.ReadText();
        reader.SkipText(); // access method
        if (_version >= V16)
        {
            reader.ReadInt(); // relation kind
        }
        reader.SkipText(); // owner
        reader.SkipText(); // obsolete flag for OIDs
        var dependencies = ReadDependencies(ref reader, kind is not null && TocEntry.NeedsDependencies(kind));
        reader.Skip(1 + 8); // position of its data: unknown in a stream
        if (reader.IsIncomplete)
        {
            return;
        }
        _entriesLeft--;
        if (kind == TocEntry.Encoding && definition?.Split('\'') is [_, var encoding, _])
        {
            (EncodingName, TextEncoding) = (encoding, NameEncoding.GetEncoding(encoding));
        }
        HasExtensions |= kindText == "EXTENSION";
        HasUserMappings |= kindText == "USER MAPPING";
        if (kindText == "SUBSCRIPTION")
        {
            Subscriptions++;
        }
        if (!string.IsNullOrEmpty(tablespace) && !tablespace.StartsWith("pg_", StringComparison.Ordinal))
        {
            _tablespaces.Add(tablespace);
        }
        if (!Enum.IsDefined((TocSection)section))
        {
            throw DumpFailure.Unsupported($"object {id} is in an unknown section {section}");
        }
        // As in pg_restore: an entry without a section belongs to that of the entry before.
        if (section != (int)TocSection.None)
        {
            _section = (TocSection)section;
        }
        _objects.Add(new(id, _section, kindText.StartsWith("ACL", StringComparison.Ordinal) || kind == TocEntry.DefaultGrants, hasData));
        if (kind is not null)
        {
            _entries.Add(
                new(id, kind, string.IsNullOrEmpty(schema) ? null : schema, name ?? "", definition, hasData)
                {
                    CopyStatement = copy,
                    DependsOn = dependencies,
                }
            );
        }
    }

    private static int[] ReadDependencies(ref DumpHeaderReader reader, bool areNeeded)
    {
        List<int>? found = null;
        if (!areNeeded)
        {
            while (reader.SkipText()) { }

            return [];
        }

        while (reader.ReadText() is { } text && !reader.IsIncomplete)
        {
            (found ??= []).Add(
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                    ? id
                    : throw DumpFailure.Unsupported($"an object depends on '{text}'")
            );
        }
        return found is null ? [] : [.. found];
    }
}
