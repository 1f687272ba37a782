using Holdfast.Cli;
using Holdfast.Cli.Processes;

return args is [SqliteReaderProcess.Verb] ? await SqliteReaderProcess.RunAsync() : await HoldfastCommand.RunAsync(args);
