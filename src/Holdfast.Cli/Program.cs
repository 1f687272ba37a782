using Holdfast.Cli;

return await HoldfastCommand.RunAsync(args);
