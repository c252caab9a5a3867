import { ApplicationFailure } from '@temporalio/activity';
import { OCIRepository } from '../../../api/index.ts';
import type { Cluster } from '../../cluster/client.ts';
import type { ObjectKey } from '../../contract.ts';
import { fail, type FailureCode } from '../../failures.ts';
import { patchSource, readSource, type LoadedSource } from '../source-object.ts';
import { registryAccess } from './registry-access.ts';
import { RegistryError } from './registry-error.ts';
import { parseRepositoryName, type RepositoryName } from './repository-name.ts';
import { openSession, type Session } from './session.ts';

/** An OCIRepository as it stands in the cluster: parsed, and as it was read. */
export interface LoadedOci extends LoadedSource<OCIRepository> {
  readonly key: ObjectKey;
}

/** Reads an OCIRepository; undefined where it is not there. Raises InvalidSpec where it bypassed the CRD's validation. */
export async function loadOci(
  cluster: Cluster,
  { namespace, name }: ObjectKey,
): Promise<LoadedOci | undefined> {
  const key = { namespace, name };
  const loaded = await readSource(cluster, 'OCIRepository', key, OCIRepository);
  return loaded && { key, ...loaded };
}

/** Merges into the object, or into its status. */
export function patchOci(
  cluster: Cluster,
  key: ObjectKey,
  body: { readonly status: object } | { readonly metadata: object },
): Promise<void> {
  return patchSource(cluster, 'OCIRepository', key, body);
}

/** The repository that a source names. Raises UrlInvalid. */
export function repositoryOf({ spec }: OCIRepository): RepositoryName {
  try {
    return parseRepositoryName(spec.url);
  } catch (error) {
    throw fail(
      'UrlInvalid',
      `spec.url ${JSON.stringify(spec.url)} is invalid: ${messageOf(error)}`,
    );
  }
}

/** Works with the registry of a source for as long as its time-out allows; what the registry refuses becomes a failure of the code. */
export async function withRegistry<T>(
  cluster: Cluster,
  { parsed, key }: LoadedOci,
  code: FailureCode,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const repository = repositoryOf(parsed);
  const { timeoutMs, ...access } = await registryAccess(cluster, parsed, repository, key.namespace);
  const signal = AbortSignal.timeout(timeoutMs);
  const session = openSession(repository, { ...access, signal });
  try {
    return await work(session);
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    if (signal.aborted) {
      const within = `within spec.timeout, ${timeoutMs / 1000}s`;
      throw fail(code, `${parsed.spec.url}: the registry did not answer ${within}`);
    }
    if (error instanceof RegistryError) throw fail(code, `${parsed.spec.url}: ${error.message}`);
    throw error;
  } finally {
    void session.close().catch(() => undefined);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
