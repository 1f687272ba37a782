namespace Holdfast.Engines.Sqlite;

/// <summary>A view that is told what its source says of itself, once it is open.</summary>
internal interface IHeldView : IDatabaseView
{
    /// <inheritdoc cref="IDatabaseView.Source"/>
    new SourceInfo? Source { get; set; }

    /// <inheritdoc/>
    SourceInfo? IDatabaseView.Source => Source;
}
