using System.Globalization;
using System.Text;
using Holdfast.Engines.PostgreSql.Connecting;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// The head of a dump in PostgreSQL's custom format: what made it, and its table of contents. Taken in as it comes; it
/// may be large, and only what is
/// looked at is kept.
/// </summary>
internal sealed class DumpHead
{
    /// <summary>Bytes from which <see cref="FixTime"/> works; every dump has more.</summary>
    public const int TimeBytes = 11 + HeadReader.IntBytes + (7 * HeadReader.IntBytes);

    private const byte CustomFormat = 1;
    private const int V14 = 14,
        V15 = 15,
        V16 = 16;

    private readonly List<TocObject> _objects = [];
    private readonly List<TocEntry> _entries = [];
    private readonly SortedSet<string> _tablespaces = new(StringComparer.Ordinal);
    private byte[] _pending = [];
    private int _version;
    private TocSection _section = TocSection.BeforeData;
    private int _left = -1; // entries that are still to come; -1 before their number is known

    /// <summary>Whether all of it was taken in.</summary>
    public bool IsComplete => _left == 0;

    /// <summary>
    /// The first number of the version of the <c>pg_dump</c> that made it: no older <c>pg_restore</c> is sure to read
    /// it. 0 where it does not tell.
    /// </summary>
    public int MadeBy { get; private set; }

    /// <summary>How its texts are read: as its first entry says.</summary>
    public Encoding Text { get; private set; } = Encoding.UTF8;

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
    /// <param name="start">The first <see cref="TimeBytes"/> bytes of the dump, or more.</param>
    public static void FixTime(Span<byte> start)
    {
        var reader = new HeadReader(start, Encoding.UTF8);
        ReadVersion(ref reader);
        // Second, minute, hour, day, month from 0, year from 1900, daylight saving: 1 January 2000.
        ReadOnlySpan<byte> fields = [0, 0, 0, 1, 0, 100, 0];
        for (var i = 0; i < fields.Length; i++)
        {
            var field = start.Slice(reader.Position + (i * HeadReader.IntBytes), HeadReader.IntBytes);
            field.Clear();
            field[1] = fields[i];
        }
    }

    /// <summary>Takes bytes in.</summary>
    /// <returns>How many of them belong to the head.</returns>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        if (IsComplete)
        {
            return 0;
        }
        _pending = [.. _pending, .. bytes];
        var read = 0;
        while (!IsComplete)
        {
            var reader = new HeadReader(_pending.AsSpan(read), Text);
            if (_left < 0)
            {
                ReadStart(ref reader);
            }
            else
            {
                ReadEntry(ref reader);
            }
            if (reader.IsShort)
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

    private static int ReadVersion(ref HeadReader reader)
    {
        var isDump = true;
        foreach (var letter in "PGDMP"u8)
        {
            isDump &= reader.Byte() == letter;
        }
        var (major, minor, _) = (reader.Byte(), reader.Byte(), reader.Byte());
        var (numbers, offsets, format) = (reader.Byte(), reader.Byte(), reader.Byte());
        if (reader.IsShort)
        {
            return 0;
        }
        if (!isDump)
        {
            throw DumpFailure.Unknown("it does not begin with PGDMP");
        }
        if (major != 1 || minor is < V14 or > V16)
        {
            throw DumpFailure.Unknown($"it is of version {major}.{minor}; 1.14 to 1.16 are read");
        }
        if (numbers != 4 || offsets != 8 || format != CustomFormat)
        {
            throw DumpFailure.Unknown($"its numbers have {numbers} bytes, its offsets {offsets}, its format is {format}");
        }
        // How it is compressed: a number up to 1.14, the code of the method from then on. Holdfast compresses by itself.
        var compression = minor >= V15 ? reader.Byte() : reader.Int();
        return !reader.IsShort && compression != 0 ? throw DumpFailure.Unknown("its data are compressed") : minor;
    }

    private void ReadStart(ref HeadReader reader)
    {
        var version = ReadVersion(ref reader);
        reader.Skip(7 * HeadReader.IntBytes);
        reader.SkipText(); // database
        reader.SkipText(); // version of the server
        var madeBy = reader.Text() ?? "";
        var count = reader.Int();
        if (reader.IsShort)
        {
            return;
        }
        if (count < 0)
        {
            throw DumpFailure.Unknown($"it holds {count} objects");
        }
        (_version, _left) = (version, count);
        MadeBy = int.TryParse(
            madeBy.TakeWhile(char.IsAsciiDigit).Take(4).ToArray(),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var major
        )
            ? major
            : 0;
    }

    private void ReadEntry(ref HeadReader reader)
    {
        var id = reader.Int();
        var hasData = reader.Int() != 0;
        reader.SkipText(); // catalogue and number there
        reader.SkipText();
        var name = reader.Text();
        var kindText = reader.Text() ?? "";
        var kind = TocEntry.KindOf(kindText);
        var section = reader.Int();
        string? definition = null;
        if (kind is not null && TocEntry.NeedsDefinition(kind))
        {
            definition = reader.Text();
        }
        else
        {
            reader.SkipText();
        }
        reader.SkipText(); // DROP
        string? copy = null;
        if (kind == TocEntry.TableData)
        {
            copy = reader.Text();
        }
        else
        {
            reader.SkipText();
        }
        var schema = reader.Text();
        var tablespace = reader.Text();
        reader.SkipText(); // access method
        if (_version >= V16)
        {
            reader.Int(); // kind of relation
        }
        reader.SkipText(); // owner
        reader.SkipText(); // what was said of OIDs once
        var dependencies = ReadDependencies(ref reader, kind is not null && TocEntry.NeedsDependencies(kind));
        reader.Skip(1 + 8); // where its data are: unknown in a stream
        if (reader.IsShort)
        {
            return;
        }
        _left--;
        if (kind == TocEntry.Encoding && definition?.Split('\'') is [_, var encoding, _])
        {
            (EncodingName, Text) = (encoding, NameEncoding.Of(encoding));
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
            throw DumpFailure.Unknown($"the object {id} is of a section {section}");
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
                    Copy = copy,
                    DependsOn = dependencies,
                }
            );
        }
    }

    private static int[] ReadDependencies(ref HeadReader reader, bool areNeeded)
    {
        List<int>? found = null;
        if (!areNeeded)
        {
            while (reader.SkipText()) { }

            return [];
        }

        while (reader.Text() is { } text && !reader.IsShort)
        {
            (found ??= []).Add(
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                    ? id
                    : throw DumpFailure.Unknown($"an object depends on '{text}'")
            );
        }
        return found is null ? [] : [.. found];
    }
}
