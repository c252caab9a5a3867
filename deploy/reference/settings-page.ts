import type { z } from 'zod';
import { BridgeSettings } from '../../client/bridge/settings.ts';
import { describeSettings } from '../../client/command-line.ts';
import { describeGates } from '../../client/feature-gates.ts';
import { idleOnBridge, idleOnWorker } from '../../client/flux-flags.ts';
import { WorkerSettings } from '../../worker/settings.ts';
import { code, page, table, type Page } from './markdown.ts';

/** Every setting of worker and bridge, the flags of Flux that have no effect, and the feature gates. */
export function settingsPage(): Page {
  return page('settings.md', 'Settings of worker and bridge', [
    'Every setting is a flag or a variable of the environment; the flag wins. `--help` of each service prints the same lists.',
    '## Worker',
    settings(WorkerSettings),
    '## Bridge',
    settings(BridgeSettings),
    '## Feature gates',
    "`--feature-gates=Name=true,Other=false`, on worker and bridge. The names are those of Flux's controllers; where Flux knows a gate that switches nothing here, naming it is logged with the reason.",
    gates(),
    '## Taken without effect on the worker',
    "Flags of Flux's controllers, so that the arguments of their Deployments can be kept. Each is logged at start with its reason.",
    idle(idleOnWorker),
    '## Taken without effect on the bridge',
    idle(idleOnBridge),
  ]);
}

function settings(schema: z.ZodObject): string {
  const rows = describeSettings(schema).map(({ flag, variable, standard, description }) => [
    code(flag),
    code(variable),
    code(standard.replace(/^"(.*)"$/, '$1')),
    description,
  ]);
  return table(['flag', 'variable', 'default', 'meaning'], rows);
}

function gates(): string {
  const words = (open: boolean | undefined): string =>
    open === undefined ? 'without effect' : String(open);
  const rows = describeGates().map(({ gate, open, meaning }) => [code(gate), words(open), meaning]);
  return table(['gate', 'default', 'what it does when it is true, or why it has no effect'], rows);
}

function idle(flags: Readonly<Record<string, string>>): string {
  const rows = Object.entries(flags).map(([flag, why]) => [code(flag), why]);
  return table(['flag', 'why'], rows);
}
