namespace Holdfast.Engines.Sqlite.Native;

/// <summary>Constants of SQLite's C interface (https://sqlite.org/c3ref/constlist.html).</summary>
internal static class SqliteConstants
{
    public const int Ok = 0;
    public const int Error = 1;
    public const int Busy = 5;
    public const int Locked = 6;
    public const int NoMemory = 7;
    public const int ReadOnly = 8;
    public const int Interrupt = 9;
    public const int IoError = 10;
    public const int Corrupt = 11;
    public const int Full = 13;
    public const int TooBig = 18;
    public const int CantOpen = 14;
    public const int Protocol = 15;
    public const int Auth = 23;
    public const int NotADatabase = 26;
    public const int Row = 100;
    public const int Done = 101;

    public const int OpenReadOnly = 0x1;
    public const int OpenReadWrite = 0x2;
    public const int OpenCreate = 0x4;
    public const int OpenMainDatabase = 0x100;
    public const int OpenNoMutex = 0x8000;
    public const int OpenNoFollow = 0x01000000;

    public const int TypeInteger = 1;
    public const int TypeFloat = 2;
    public const int TypeText = 3;
    public const int TypeBlob = 4;
    public const int TypeNull = 5;

    public const byte Utf16LittleEndian = 2;
    public const byte Utf16BigEndian = 3;

    public const int ConfigEnableTrigger = 1003;
    public const int ConfigEnableLoadExtension = 1005;
    public const int ConfigNoCheckpointOnClose = 1006;
    public const int ConfigDefensive = 1010;
    public const int ConfigWritableSchema = 1011;
    public const int ConfigDoubleQuotesInStatements = 1013;
    public const int ConfigDoubleQuotesInSchema = 1014;
    public const int ConfigTrustedSchema = 1017;

    public const int LimitLength = 0;
    public const int LimitSqlLength = 1;
    public const int LimitExpressionDepth = 3;
    public const int LimitCompoundSelect = 4;
    public const int LimitAttached = 7;
    public const int LimitLikePatternLength = 8;
    public const int LimitVariableNumber = 9;
    public const int LimitTriggerDepth = 10;
    public const int LimitWorkerThreads = 11;

    public const int ActionCreateIndex = 1;
    public const int ActionCreateTable = 2;
    public const int ActionCreateTrigger = 7;
    public const int ActionCreateView = 8;
    public const int ActionDelete = 9;
    public const int ActionDropTable = 11;
    public const int ActionInsert = 18;
    public const int ActionPragma = 19;
    public const int ActionRead = 20;
    public const int ActionSelect = 21;
    public const int ActionTransaction = 22;
    public const int ActionUpdate = 23;
    public const int ActionReindex = 27;
    public const int ActionAnalyze = 28;
    public const int ActionCreateVirtualTable = 29;
    public const int ActionFunction = 31;
    public const int ActionSavepoint = 32;
    public const int ActionRecursive = 33;

    public const uint DeserializeReadOnly = 4;

    public const int FileControlJournalPointer = 28;
}
