using Holdfast.Cli;
using Holdfast.Cli.Running;

return args is [ProgramReaders.Verb] ? await ProgramReaders.RunAsync() : await HoldfastCommand.RunAsync(args);
