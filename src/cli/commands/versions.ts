// `galerkin versions`: the registry of versions of a running server, and two versions of a repository side by side.
import { Command } from 'commander';
import { compareCommand } from './versions/compare.js';
import { garbageCommand } from './versions/gc.js';
import { listCommand, versionHistoryCommand } from './versions/list.js';
import { moveCommands } from './versions/move.js';

export function versionsCommand(): Command {
  const command = new Command('versions');
  for (const word of [listCommand(), versionHistoryCommand(), ...moveCommands(), compareCommand(), garbageCommand()])
    command.addCommand(word);
  return command;
}
