import type { Command } from 'commander';
import { CliError } from './failure.ts';

/** A kind that the commands know. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  /** What people may type for it. */
  readonly names: readonly string[];
  /** False: Sluice reads its artifacts, but another controller reconciles it. */
  readonly reconciled: boolean;
  /** True: the bridge looks at it by itself, so no workflow can be asked about it. */
  readonly byBridge?: boolean;
}

/** The kinds in the order in which they are listed. */
export const kinds: readonly Kind[] = [
  kind('source.toolkit.fluxcd.io/v1', 'GitRepository', ['gitrepo', 'git'], true),
  kind('source.toolkit.fluxcd.io/v1', 'OCIRepository', ['ocirepo', 'oci'], true),
  kind('source.toolkit.fluxcd.io/v1', 'Bucket', [], false),
  kind('source.toolkit.fluxcd.io/v1', 'ExternalArtifact', ['ea', 'external'], false),
  kind('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', ['ks'], true),
  { ...kind('notification.toolkit.fluxcd.io/v1', 'Receiver', [], true), byBridge: true },
];

/** The kind that a person typed; raises CliError with the names there are. */
export function kindNamed(text: string): Kind {
  const wanted = text.toLowerCase();
  const found = kinds.find(({ names }) => names.includes(wanted));
  if (found) return found;
  const known = kinds.map(({ names: [name] }) => name).join(', ');
  throw new CliError(`there is no kind ${text}`, `use one of ${known}`);
}

/** The arguments of a command that works on one object; parseTarget reads them. */
export function targetArguments(command: Command): Command {
  return command
    .argument('<kind>', 'kustomization, gitrepository, ocirepository or receiver')
    .argument('[name]', 'name of the object; KIND/NAME is understood too');
}

/** Takes `KIND NAME` or `KIND/NAME`; raises CliError where the name is missing. */
export function parseTarget(first: string, second: string | undefined): [Kind, string] {
  const [kindText = '', nameInKind] = first.split('/', 2);
  const name = second ?? nameInKind;
  const found = kindNamed(kindText);
  if (!name) throw new CliError('the name is missing', `sluice get ${kindText} lists the names`);
  return [found, name];
}

/** Takes the word out of `get sources git` and `reconcile source oci app`, which people are used to: the kind alone says enough. */
export function withoutSourceWord(argv: readonly string[]): string[] {
  const at = argv.findIndex((word) => /^sources?$/.test(word));
  const [verb = '', kindText = ''] = [argv[at - 1], argv[at + 1]];
  const isKind = kindText === 'all' || kinds.some(({ names }) => names.includes(kindText));
  const takesOut = at > 0 && verbs.has(verb) && isKind;
  return takesOut ? argv.filter((_, index) => index !== at) : [...argv];
}

const verbs = new Set(['get', 'reconcile', 'suspend', 'resume', 'explain', 'history']);

function kind(
  apiVersion: string,
  name: string,
  shortNames: readonly string[],
  reconciled: boolean,
): Kind {
  const plural = name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`;
  const names = [name.toLowerCase(), plural.toLowerCase(), ...shortNames];
  return { apiVersion, kind: name, names, reconciled };
}
