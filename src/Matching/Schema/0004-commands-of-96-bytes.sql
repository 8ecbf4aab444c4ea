-- A command carries stops, icebergs, least quantities and ends of orders since its second layout.
alter table matching.inbox drop constraint inbox_command_check;
alter table matching.inbox add constraint inbox_command_check check (octet_length(command) = 96);
