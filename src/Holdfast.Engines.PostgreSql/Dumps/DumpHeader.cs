using System.Globalization;
using System.Text;
using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// The head of a dump in PostgreSQL's custom format: what made it, and its table of contents. Taken in as it comes; it
/// may be large, and only what is
/// looked at is kept.
/// </summary>
internal sealed class DumpHeader
{
    /// <summary>Bytes from which <see cref="NormalizeTimestamp"/> works; every dump has more.</summary>
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
    private int _entriesLeft = -1; // entries that are still to come; -1 before their number is known

    /// <summary>Whether all of it was taken in.</summary>
    public bool IsComplete => _entriesLeft == 0;

    /// <summary>
    /// The first number of the version of the <c>pg_dump</c> that made it: no older <c>pg_restore</c> is sure to read
    /// it. 0 where it does not tell.
    /// </summary>
    public int PgDumpMajor { get; private set; }

    /// <summary>How its texts are read: as its first entry says.</summary>
    public Encoding TextEncoding { get; private set; } = Encoding.UTF8;

    /// <summary>The encoding of all texts and rows; empty before it is known.</summary>
    public string EncodingName { get; private set; } = "";

    /// <summary>Bytes that it has.</summary>
    public long Length { get; private set; }

    /// <summary>All objects, in their order.</summary>
    public IReadOnlyList<TocObject> Objects => _objects;

    /// <summary>The objects of the kinds that are looked at, in their order.</summary>
    public IReadOnlyList<TocEntry> Entries => _entries;

    /// <summary>Tablespaces that an object has of its own, apart from the server's.</summary>
    public IReadOnlyCollection<string> Tablespaces => _tablespaces;

    /// <summary>Whether there are extensions, apart from those of every database.</summary>
    public bool HasExtensions { get; private set; }

    /// <summary>Number of subscriptions.</summary>
    public int Subscriptions { get; private set; }

    /// <summary>Whether there are mappings of users to foreign servers.</summary>
    public bool HasUserMappings { get; private set; }

    /// <summary>
    /// Sets the time that a dump was made at to a fixed one: two dumps of an unchanged database are then equal, so that
    /// an incremental finds nothing to
    /// store. The time stands in the archive's own header.
    /// </summary>
    /// <param name="start">The first <see cref="TimestampEnd"/> bytes of the dump, or more.</param>
    public static void NormalizeTimestamp(Span<byte> start)
    {
        var reader = new DumpHeaderReader(start, Encoding.UTF8);
        ReadVersion(ref reader);
        // Second, minute, hour, day, month from 0, year from 1900, daylight saving: 1 January 2000.
        ReadOnlySpan<byte> fields = [0, 0, 0, 1, 0, 100, 0];
        for (var i = 0; i < fields.Length; i++)
        {
            var field = start.Slice(reader.Position + (i * DumpHeaderReader.IntBytes), DumpHeaderReader.IntBytes);
            field.Clear();
            field[1] = fields[i];
        }
    }

    /// <summary>Takes bytes in.</summary>
    /// <returns>How many of them belong to the head.</returns>
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
        var taken = IsComplete ? bytes.Length - (_pending.Length - read) : bytes.Length;
        _pending = IsComplete ? [] : _pending[read..];
        return taken;
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
            throw DumpFailure.Unsupported($"it is of version {major}.{minor}; 1.14 to 1.16 are read");
        }
        if (numbers != 4 || offsets != 8 || format != CustomFormat)
        {
            throw DumpFailure.Unsupported($"its numbers have {numbers} bytes, its offsets {offsets}, its format is {format}");
        }
        // How it is compressed: a number up to 1.14, the code of the method from then on. Holdfast compresses by itself.
        var compression = minor >= V15 ? reader.ReadByte() : reader.ReadInt();
        return !reader.IsIncomplete && compression != 0 ? throw DumpFailure.Unsupported("its data are compressed") : minor;
    }

    private void ReadStart(ref DumpHeaderReader reader)
    {
        var version = ReadVersion(ref reader);
        reader.Skip(7 * DumpHeaderReader.IntBytes);
        reader.SkipText(); // database
        reader.SkipText(); // version of the server
        var madeBy = reader.ReadText() ?? "";
        var count = reader.ReadInt();
        if (reader.IsIncomplete)
        {
            return;
        }
        if (count < 0)
        {
            throw DumpFailure.Unsupported($"it holds {count} objects");
        }
        (_version, _entriesLeft) = (version, count);
        PgDumpMajor = int.TryParse(
            madeBy.TakeWhile(char.IsAsciiDigit).Take(4).ToArray(),
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
        reader.SkipText(); // catalogue and number there
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
        reader.SkipText(); // DROP
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
            reader.ReadInt(); // kind of relation
        }
        reader.SkipText(); // owner
        reader.SkipText(); // what was said of OIDs once
        var dependencies = ReadDependencies(ref reader, kind is not null && TocEntry.NeedsDependencies(kind));
        reader.Skip(1 + 8); // where its data are: unknown in a stream
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
            throw DumpFailure.Unsupported($"the object {id} is of a section {section}");
        }
        // As pg_restore has it: one without a section belongs to that of the one before.
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
