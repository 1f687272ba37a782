using MudBlazor;

namespace Holdfast.Studio.Layout;

/// <summary>Colours and typography. Text has a contrast of at least 4.5:1 on every surface, in light and in dark mode.</summary>
internal static class StudioTheme
{
    private static readonly string[] Fonts =
    [
        "Inter",
        "system-ui",
        "-apple-system",
        "Segoe UI",
        "Roboto",
        "Noto Sans",
        "Liberation Sans",
        "sans-serif",
    ];

    public static MudTheme Theme { get; } =
        new()
        {
            PaletteLight = new PaletteLight
            {
                Primary = "#0b5f6b",
                PrimaryContrastText = "#ffffff",
                Secondary = "#4a5a78",
                Tertiary = "#6b4e9b",
                Info = "#175cb8",
                Success = "#1a6e3c",
                Warning = "#8a5200",
                Error = "#b3261e",
                Background = "#f5f7f8",
                Surface = "#ffffff",
                AppbarBackground = "#ffffff",
                AppbarText = "#1b2a33",
                DrawerBackground = "#f5f7f8",
                DrawerText = "#2b3a44",
                DrawerIcon = "#465662",
                TextPrimary = "#1b2a33",
                TextSecondary = "#4d5d68",
                TextDisabled = "#6a7983",
                ActionDefault = "#465662",
                ActionDisabled = "#6a7983",
                LinesDefault = "#dde3e7",
                LinesInputs = "#7d8c96",
                TableLines = "#e6ebee",
                TableHover = "#eef3f5",
                Divider = "#dde3e7",
            },
            PaletteDark = new PaletteDark
            {
                Primary = "#5cc8d6",
                PrimaryContrastText = "#04262b",
                Secondary = "#a9b8d6",
                Tertiary = "#c3abef",
                Info = "#82b6ff",
                InfoContrastText = "#06203f",
                Success = "#6fd598",
                SuccessContrastText = "#05270f",
                Warning = "#f2b45c",
                WarningContrastText = "#2f1d00",
                Error = "#ff8f85",
                ErrorContrastText = "#3b0703",
                Background = "#11181c",
                Surface = "#192227",
                AppbarBackground = "#192227",
                AppbarText = "#e4ebef",
                DrawerBackground = "#11181c",
                DrawerText = "#c9d4da",
                DrawerIcon = "#9fb0ba",
                TextPrimary = "#e4ebef",
                TextSecondary = "#a7b5be",
                TextDisabled = "#8b9aa3",
                ActionDefault = "#a7b5be",
                ActionDisabled = "#8b9aa3",
                LinesDefault = "#2e3b42",
                LinesInputs = "#7a8a94",
                TableLines = "#2a363d",
                TableHover = "#202b31",
                Divider = "#2e3b42",
            },
            LayoutProperties = new()
            {
                DefaultBorderRadius = "8px",
                DrawerWidthLeft = "232px",
                AppbarHeight = "56px",
            },
            Typography = new()
            {
                Default = new DefaultTypography
                {
                    FontFamily = Fonts,
                    FontSize = ".9rem",
                    LineHeight = "1.45",
                    LetterSpacing = "normal",
                },
                H1 = new H1Typography
                {
                    FontFamily = Fonts,
                    FontSize = "1.5rem",
                    FontWeight = "600",
                    LineHeight = "1.3",
                    LetterSpacing = "-.01em",
                },
                H2 = new H2Typography
                {
                    FontFamily = Fonts,
                    FontSize = "1.1rem",
                    FontWeight = "600",
                    LineHeight = "1.4",
                },
                H3 = new H3Typography
                {
                    FontFamily = Fonts,
                    FontSize = "1rem",
                    FontWeight = "600",
                    LineHeight = "1.4",
                },
                Button = new ButtonTypography
                {
                    FontFamily = Fonts,
                    TextTransform = "none",
                    FontWeight = "600",
                    FontSize = ".875rem",
                    LetterSpacing = "normal",
                },
                Body1 = new Body1Typography
                {
                    FontFamily = Fonts,
                    FontSize = ".9rem",
                    LetterSpacing = "normal",
                },
                Body2 = new Body2Typography
                {
                    FontFamily = Fonts,
                    FontSize = ".85rem",
                    LetterSpacing = "normal",
                },
                Caption = new CaptionTypography
                {
                    FontFamily = Fonts,
                    FontSize = ".78rem",
                    LetterSpacing = "normal",
                },
            },
        };
}
