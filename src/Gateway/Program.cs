using System.CommandLine.Invocation;
using Trading.Gateway.Cli;

var asked = Verbs.Root().Parse(args);
var exit = await asked.InvokeAsync();
return asked.Action is ParseErrorAction ? Verbs.Misused : exit;
