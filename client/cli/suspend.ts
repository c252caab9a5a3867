import type { Command } from 'commander';
import { suspensionAnnotations } from '../../activities/cluster/suspension.ts';
import { formatTime } from '../../api/index.ts';
import { withCluster, type GlobalOptions } from './connections.ts';
import { CliError } from './failure.ts';
import { parseTarget, targetArguments } from './kinds.ts';
import { momentOf } from './moment.ts';
import { objectOf, patchObject, type Resource } from './objects.ts';

interface SuspendOptions extends GlobalOptions {
  readonly reason?: string;
  readonly until?: string;
}

/** `sluice suspend KIND NAME`: sets spec.suspend, and beside it why and until when. */
export function addSuspend(program: Command): void {
  targetArguments(program.command('suspend'))
    .description('Stop reconciling an object, for good or for a time; what is applied stays')
    .option('--reason <text>', 'why, for those who find it suspended')
    .option('--until <when>', 'when it goes on by itself: a duration or a time')
    .addHelpText(
      'after',
      '\nExamples:\n  sluice suspend ks app -n prod\n  sluice suspend ks app --reason "database migration" --until 2h\n  sluice suspend gitrepo app-repo --until 2026-12-01T08:00:00Z\n',
    )
    .action((first: string, second: string | undefined, _options, command: Command) => {
      const options: SuspendOptions = command.optsWithGlobals();
      const annotations = annotationsOf(options);
      return onObject(options, first, second, (object) => {
        // On a suspended object what is not said stays as it was.
        if (!object.spec.suspend) return suspension(annotations);
        return Object.keys(annotations).length > 0 ? { metadata: { annotations } } : undefined;
      });
    });
}

/** `sluice resume KIND NAME`: unsets spec.suspend, and forgets why it was set. */
export function addResume(program: Command): void {
  targetArguments(program.command('resume'))
    .description('Reconcile a suspended object again, at once')
    .addHelpText('after', '\nExample:\n  sluice resume ks app -n prod\n')
    .action((first: string, second: string | undefined, _options, command: Command) =>
      onObject(command.optsWithGlobals(), first, second, (object) =>
        object.spec.suspend
          ? { spec: { suspend: false }, metadata: { annotations: forgotten } }
          : undefined,
      ),
    );
}

type Annotations = Record<string, string | null>;

const forgotten: Annotations = {
  [suspensionAnnotations.reason]: null,
  [suspensionAnnotations.until]: null,
};

function suspension(annotations: Annotations): object {
  return { spec: { suspend: true }, metadata: { annotations: { ...forgotten, ...annotations } } };
}

function annotationsOf({ reason, until }: SuspendOptions): Annotations {
  const said: Annotations = {};
  if (reason !== undefined) said[suspensionAnnotations.reason] = reason;
  if (until !== undefined) said[suspensionAnnotations.until] = endOf(until);
  return said;
}

function endOf(until: string): string {
  const end = momentOf('--until', until, 'ahead');
  if (end.getTime() > Date.now()) return formatTime(end);
  throw new CliError(`--until "${until}" is not ahead`, 'name a time to come, such as 2h');
}

/** Patches an object where there is something to patch, and says how it stands. */
async function onObject(
  options: GlobalOptions,
  first: string,
  second: string | undefined,
  change: (object: Resource) => object | undefined,
): Promise<void> {
  const [kind, name] = parseTarget(first, second);
  await withCluster(options, async (cluster, namespace) => {
    const object = await objectOf(cluster, kind, namespace, name);
    const body = change(object);
    if (body) await patchObject(cluster, object, body);
    const now = body ? await objectOf(cluster, kind, namespace, name) : object;
    const until = now.metadata.annotations?.[suspensionAnnotations.until];
    const end = now.spec.suspend && until !== undefined ? ` until ${until}` : '';
    const words = `${now.spec.suspend ? 'suspended' : 'resumed'}${end}${body ? '' : ' already'}`;
    const verb = body ? words : `is ${words}`;
    process.stdout.write(`${kind.kind.toLowerCase()}/${name} in ${namespace} ${verb}\n`);
  });
}
