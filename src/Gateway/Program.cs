using Trading.Gateway.Cli;

return await Verbs.Root().Parse(args).InvokeAsync();
