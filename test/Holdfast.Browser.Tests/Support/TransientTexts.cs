using Microsoft.Playwright;

namespace Holdfast.Browser.Tests.Support;

/// <summary>
/// Records texts that pages show only for a few seconds: messages after an action, and the state of the connection. On a slow
/// machine, such a text can disappear before a test looks for it on the page.
/// </summary>
internal sealed class TransientTexts
{
    private const string Script = """
        (() => {
          const recorded = new WeakMap();
          // Until the styles are loaded, everything counts as visible.
          const isStyled = () => {
            const modal = document.getElementById('components-reconnect-modal');
            return modal && getComputedStyle(modal).position === 'fixed';
          };
          new MutationObserver(() => {
            if (!isStyled()) return;
            for (const element of document.querySelectorAll('.mud-snackbar, #components-reconnect-modal')) {
              const text = element.checkVisibility() ? element.innerText.trim() : '';
              if (text !== (recorded.get(element) ?? '')) {
                recorded.set(element, text);
                if (text) window.holdfastShown(text);
              }
            }
          }).observe(document, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ['class'] });
        })();
        """;

    private readonly Lock _lock = new();
    private readonly List<string> _shown = [];
    private readonly List<(string Text, TaskCompletionSource Shown)> _awaited = [];

    /// <summary>Starts recording on all pages of a browser context.</summary>
    public async Task RecordAsync(IBrowserContext context)
    {
        await context.ExposeFunctionAsync<string>("holdfastShown", Add);
        await context.AddInitScriptAsync(Script);
    }

    /// <summary>Waits until a page has shown a text, even if it no longer does.</summary>
    public async Task WaitAsync(string text)
    {
        Task shown;
        lock (_lock)
        {
            if (_shown.Any(s => s.Contains(text, StringComparison.Ordinal)))
            {
                return;
            }
            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((text, source));
            shown = source.Task;
        }
        try
        {
            await shown.WaitAsync(TimeSpan.FromMilliseconds(Chromium.TimeoutMilliseconds), TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"No page has shown '{text}', but: {string.Join(" | ", Snapshot())}");
        }
    }

    private void Add(string text)
    {
        lock (_lock)
        {
            _shown.Add(text);
            foreach (var (_, shown) in _awaited.Where(a => text.Contains(a.Text, StringComparison.Ordinal)))
            {
                shown.TrySetResult();
            }
        }
    }

    private string[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _shown];
        }
    }
}
