using MudBlazor;
using Trading.Web.Text;

namespace Trading.Web.Components;

/// <summary>Asks once more before something is done that others will feel, and says what came of it.</summary>
public static class Asking
{
    /// <param name="label">Null: no reason is asked.</param>
    /// <returns>The reason, empty where none was asked; null: the person thought better of it.</returns>
    public static async Task<string?> Sure(this IDialogService dialogs, string title, string sentence, string? label, bool danger)
    {
        var dialog = await dialogs.ShowAsync<ReasonDialog>(title, new DialogParameters<ReasonDialog> { { d => d.Sentence, sentence }, { d => d.Label, label }, { d => d.Ok, title }, { d => d.Danger, danger } });
        return await dialog.Result is { Canceled: false, Data: string why } ? why : null;
    }

    /// <param name="told">What is said where it was done.</param>
    public static void Tell<T>(this ISnackbar bar, Words w, Answer<T> answer, string told) => bar.Add(answer.Ok ? told : ProblemText.Say(w, answer.Problem), answer.Ok ? Severity.Success : Severity.Warning);
}
