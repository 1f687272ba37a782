using System.Globalization;
using Holdfast.Core.Kinds;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Kinds;

/// <summary>One field of a form that a kind describes.</summary>
public sealed partial class KindField
{
    [Parameter, EditorRequired]
    public FormField Field { get; set; } = default!;

    [Parameter, EditorRequired]
    public string Value { get; set; } = "";

    [Parameter]
    public EventCallback<string> ValueChanged { get; set; }

    /// <summary>Whether the server has a secret for it.</summary>
    [Parameter]
    public bool HasStoredSecret { get; set; }

    /// <summary>What is wrong with it; null if nothing is.</summary>
    [Parameter]
    public string? Error { get; set; }

    [Parameter]
    public Margin Margin { get; set; } = Margin.None;

    [Parameter]
    public bool AutoFocus { get; set; }

    private bool IsSecret => Field.Type == FormFieldType.Secret;

    private long? Number =>
        long.TryParse(Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private string? Help =>
        !IsSecret ? Field.Help
        : HasStoredSecret ? $"{Field.Help} Leave it empty to keep the stored one.".TrimStart()
        : $"{Field.Help} Stored with the server's secrets, and never shown again. Empty for none.".TrimStart();
}
