using Holdfast.Fuzz;
using SharpFuzz;

// seeds DIR writes what the fuzzer starts from; run FILE tries one input again; without arguments afl-fuzz is answered.
switch (args)
{
    case ["seeds", var folder]:
        foreach (var (name, input) in await Seeds.MakeAsync())
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, name), input);
        }
        break;
    case ["run", var file]:
        await Target.RunAsync(await File.ReadAllBytesAsync(file));
        break;
    default:
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            Target.RunAsync(input.ToArray()).GetAwaiter().GetResult();
        });
        break;
}
