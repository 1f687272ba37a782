using Holdfast.Fuzz;
using SharpFuzz;

// seeds DIR writes the seeds for the fuzzer; run FILE repeats one input; without arguments the program serves afl-fuzz.
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
