using System.Net;
using Microsoft.AspNetCore.Antiforgery;

namespace Trading.Gateway.Identity;

/// <summary>Rendered here and not in the page: a password is typed into a form that needs no script.</summary>
internal static class SignInPage
{
    private const string Style =
        """
        :root{color-scheme:light}*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;background:#eef2f4;color:#14242e;font:16px/1.5 system-ui,"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif}
        main{width:min(26rem,calc(100vw - 2rem));background:#fff;border:1px solid #d5dee3;border-radius:10px;padding:2rem;box-shadow:0 8px 30px rgba(20,36,46,.08)}
        h1{font-size:1.35rem;margin:0 0 .25rem}p{margin:0 0 1.25rem;color:#4a5d68;font-size:.925rem}label{display:block;margin:0 0 1rem;font-size:.925rem}
        input{display:block;width:100%;margin-top:.35rem;font:inherit;padding:.6rem .7rem;border:1px solid #8ba0ab;border-radius:6px}input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid #0b6e8f;outline-offset:1px}
        button{width:100%;font:inherit;font-weight:600;padding:.7rem;border:0;border-radius:6px;background:#0b5f7a;color:#fff;cursor:pointer}button:hover{background:#084d63}
        .no{background:#fdecea;border:1px solid #e3a49c;color:#8c1d12;border-radius:6px;padding:.6rem .8rem;margin-bottom:1rem}.demo{margin:1.25rem 0 0;padding-top:1rem;border-top:1px solid #e4eaed;font-size:.875rem}code{font-size:.9em;background:#eef2f4;padding:.05rem .3rem;border-radius:4px}
        nav{display:flex;justify-content:space-between;margin-top:1.25rem;font-size:.925rem}a{color:#0b5f7a}
        """;

    public static string Render(bool zh, AntiforgeryTokenSet tokens, string returnUrl, int status, bool demo)
    {
        string Say(string chinese, string english) => zh ? chinese : english;
        var why = status switch
        {
            StatusCodes.Status401Unauthorized => Say("用户名或密码不正确。连续输错 8 次，账户锁定 5 分钟。", "Name and password do not go together. After eight failures an account is locked for five minutes."),
            StatusCodes.Status429TooManyRequests => Say("此刻登录的人太多，请稍候几秒再试。", "Too many people are signing in at this moment; try again in a few seconds."),
            _ => null,
        };
        var no = why is null ? "" : $"<p class=\"no\" role=\"alert\">{why}</p>";
        var users = demo
            ? $"<p class=\"demo\">{Say("演示用户（密码均为 <code>demo</code>）：", "Demo users (password <code>demo</code> each): ")}<code>steel</code> <code>textile</code> <code>power</code> <code>kunshan</code> <code>suqian</code> <code>regulator</code> <code>regulator2</code> <code>operator</code> <code>operator2</code></p>"
            : "";
        return $"""
            <!doctype html><html lang="{(zh ? "zh-CN" : "en")}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{Say("登录 · 江苏省环境权益交易平台", "Sign in · Jiangsu Environmental Rights Exchange")}</title><style>{Style}</style></head>
            <body><main><h1>{Say("登录", "Sign in")}</h1><p>{Say("江苏省环境权益交易平台", "Jiangsu Environmental Rights Exchange")}</p>{no}
            <form method="post" action="/signin"><input type="hidden" name="{WebUtility.HtmlEncode(tokens.FormFieldName)}" value="{WebUtility.HtmlEncode(tokens.RequestToken)}"><input type="hidden" name="returnUrl" value="{WebUtility.HtmlEncode(returnUrl)}">
            <label>{Say("用户名", "User name")}<input name="name" required maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus></label>
            <label>{Say("密码", "Password")}<input name="password" type="password" required maxlength="256" autocomplete="current-password"></label>
            <button>{Say("登录", "Sign in")}</button></form>{users}<nav><a href="/">{Say("返回行情", "Back to the market")}</a></nav></main></body></html>
            """;
    }
}
