import type { Command } from 'commander';
import { withCluster, type GlobalOptions } from './connections.ts';
import { parseTarget, targetArguments } from './kinds.ts';
import { objectOf, patchObject } from './objects.ts';

/** `sluice suspend` and `sluice resume`: set spec.suspend of an object. */
export function addSuspend(name: 'suspend' | 'resume'): (program: Command) => void {
  const suspend = name === 'suspend';
  const description = suspend
    ? 'Stop reconciling an object; what is applied stays'
    : 'Reconcile a suspended object again, at once';
  return (program) => {
    targetArguments(program.command(name))
      .description(description)
      .addHelpText('after', `\nExample:\n  sluice ${name} ks app -n prod\n`)
      .action(async (first: string, second: string | undefined, _options, command: Command) => {
        const [kind, target] = parseTarget(first, second);
        const options: GlobalOptions = command.optsWithGlobals();
        await withCluster(options, async (cluster, namespace) => {
          const object = await objectOf(cluster, kind, namespace, target);
          const words = suspend ? 'suspended' : 'resumed';
          const title = `${kind.kind.toLowerCase()}/${target} in ${namespace}`;
          if ((object.spec.suspend ?? false) === suspend) {
            process.stdout.write(`${title} is ${words} already\n`);
            return;
          }
          await patchObject(cluster, object, { spec: { suspend } });
          process.stdout.write(`${title} ${words}\n`);
        });
      });
  };
}
