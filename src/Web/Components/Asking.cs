using MudBlazor;

namespace Trading.Web.Components;

/// <summary>Asks once more before something is done that others will feel.</summary>
public static class Asking
{
    /// <param name="label">Null: no reason is asked.</param>
    /// <returns>The reason, empty where none was asked; null: the person thought better of it.</returns>
    public static async Task<string?> Sure(this IDialogService dialogs, string title, string sentence, string? label, bool danger)
    {
        var dialog = await dialogs.ShowAsync<ReasonDialog>(title, new DialogParameters<ReasonDialog> { { d => d.Sentence, sentence }, { d => d.Label, label }, { d => d.Ok, title }, { d => d.Danger, danger } });
        return await dialog.Result is { Canceled: false, Data: string why } ? why : null;
    }
}
