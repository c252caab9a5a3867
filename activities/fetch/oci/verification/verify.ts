import { ApplicationFailure } from '@temporalio/activity';
import type { OCIRepository } from '../../../../api/index.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { fail } from '../../../failures.ts';
import { openSecrets } from '../../source-secrets.ts';
import { RegistryError } from '../registry-error.ts';
import type { Session } from '../session.ts';
import { trustedIdentities } from './identities.ts';
import { trustedKeys } from './public-keys.ts';
import { signaturesOf, type Signature, type Trust } from './signatures.ts';

type Verification = NonNullable<OCIRepository['spec']['verify']>;

/** A manifest whose signatures are looked at, and the rules for them. */
export interface Verified {
  readonly session: Session;
  readonly digest: string;
  readonly verify: Verification;
}

/** What of a demand for signatures nobody can fulfil; undefined where there is nothing. */
export function verificationFault(verify: Verification | undefined): string | undefined {
  if (!verify || verify.secretRef) return undefined;
  if (!verify.trustedRootSecretRef) {
    return 'spec.verify has no secretRef, and signatures without keys need spec.verify.trustedRootSecretRef: name a Secret with trusted_root.json';
  }
  if ((verify.matchOIDCIdentity ?? []).length > 0) return undefined;
  return 'spec.verify has neither secretRef nor matchOIDCIdentity, so that anybody could have signed: name one';
}

/**
 * Looks for a signature of a manifest that is to be trusted: by cosign's tag beside it, or by bundles that refer to it. Raises
 * VerificationError, naming what is missing or wrong, where there is none.
 */
export async function verifySource(
  cluster: Cluster,
  namespace: string,
  { session, digest, verify }: Verified,
): Promise<void> {
  try {
    const trust = await trustOf(cluster, namespace, verify);
    const faults: string[] = [];
    for await (const signature of signaturesOf(session, digest)) {
      const fault = faultOf(trust, signature);
      if (fault === undefined) return;
      faults.push(fault);
    }
    const { registry, path } = session.repository;
    const [first] = faults;
    const place = `${registry}/${path}@${digest}`;
    throw new Error(
      first === undefined
        ? `${place} has no signature`
        : `no signature of ${place} is to be trusted, of ${faults.length}: ${first}`,
    );
  } catch (error) {
    if (isInterruption(error)) throw error;
    const what = verify.secretRef ? '' : ' without keys';
    const message = error instanceof Error ? error.message : String(error);
    throw fail('VerificationError', `verification by cosign${what} failed: ${message}`);
  }
}

async function trustOf(
  cluster: Cluster,
  namespace: string,
  { secretRef, trustedRootSecretRef, matchOIDCIdentity = [] }: Verification,
): Promise<Trust> {
  const secrets = openSecrets(cluster, namespace);
  if (secretRef) return trustedKeys(await secrets.read(secretRef.name, 'verify.secretRef'));
  const { name = '' } = trustedRootSecretRef ?? {};
  const root = await secrets.read(name, 'verify.trustedRootSecretRef');
  return trustedIdentities(root, matchOIDCIdentity);
}

function faultOf(trust: Trust, signature: Signature): string | undefined {
  try {
    trust(signature);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Neither an outage of the API server nor the end of the time says anything of the signatures. */
function isInterruption(error: unknown): boolean {
  if (error instanceof ApplicationFailure) return error.type === 'ClusterUnavailable';
  return (
    error instanceof Error && !(error instanceof RegistryError) && error.name === 'TimeoutError'
  );
}
