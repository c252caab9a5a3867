import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { nonEmpty } from '../toolchain/paths.ts';
import { CLUSTER_PARTS } from './parts.ts';
import { PART_NAMES, type PartName, type StackState } from './state.ts';

/** Servers of the user, which take the place of our own. */
export interface UserServers {
  readonly kubeconfig: string | undefined;
  readonly temporalAddress: string | undefined;
}

/** What KUBECONFIG and TEMPORAL_ADDRESS name. A shell that was pointed at this very stack does not make it the user's. */
export function userServers(
  dir: string,
  state: StackState,
  env: NodeJS.ProcessEnv = process.env,
): UserServers {
  const kubeconfig = userKubeconfig(env['KUBECONFIG']);
  const address = nonEmpty(env['TEMPORAL_ADDRESS']);
  const own = `:${state.ports.temporal ?? ''}`;
  const isOwn = address === `127.0.0.1${own}` || address === `localhost${own}`;
  return {
    kubeconfig: kubeconfig === join(dir, 'kubeconfig') ? undefined : kubeconfig,
    temporalAddress: isOwn ? undefined : address,
  };
}

/** The parts that are left for us to run. */
export function ownParts(user: UserServers): PartName[] {
  return PART_NAMES.filter((name) =>
    CLUSTER_PARTS.includes(name)
      ? user.kubeconfig === undefined
      : user.temporalAddress === undefined,
  );
}

/** KUBECONFIG may list several files; the first that exists is the one whose current context counts. */
function userKubeconfig(value: string | undefined): string | undefined {
  const paths = (nonEmpty(value) ?? '').split(delimiter).filter((path) => path !== '');
  if (paths.length === 0) return undefined;
  const found = paths.find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`KUBECONFIG is set, but ${paths.join(', ')} does not exist`);
  return resolve(found);
}
