using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Sqlite;

/// <summary>A view whose source information is set after it has been opened.</summary>
internal interface IHeldView : IDatabaseView
{
    /// <inheritdoc cref="IDatabaseView.Source"/>
    new SourceInfo? Source { get; set; }

    /// <inheritdoc/>
    SourceInfo? IDatabaseView.Source => Source;
}
