import type { Cluster } from '../../cluster/client.ts';
import { read } from '../../cluster/kustomizations.ts';
import { secretData } from '../../cluster/secret-data.ts';
import { fail } from '../../failures.ts';
import { readPgpKeys, verifyPgpSignature } from './pgp-signature.ts';
import { signatureKind, type SignedObject, type Verdict } from './signed-object.ts';
import { readAuthorizedKeys, verifySshSignature, type SshKey } from './ssh-signature.ts';

/** The public keys of those whose signatures count. */
export interface TrustedKeys {
  readonly pgp: readonly string[];
  readonly ssh: readonly SshKey[];
}

/**
 * Reads the keys of a Secret by Flux's names: `*.sshpub` are SSH keys as in authorized_keys, all others armoured PGP keys. Raises
 * VerificationError, naming Secret and key, for what is missing or no key.
 */
export async function readTrustedKeys(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<TrustedKeys> {
  const title = `Secret/${namespace}/${name}`;
  const secret = await read(() =>
    cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }),
  );
  if (!secret) {
    const advice = 'create it with the public keys or correct spec.verify.secretRef';
    throw fail('VerificationError', `${title} is not there: ${advice}`);
  }
  const [pgp, ssh]: [string[], SshKey[]] = [[], []];
  for (const [entry, text] of Object.entries(secretData(secret))) {
    try {
      if (entry.endsWith('.sshpub')) ssh.push(...readAuthorizedKeys(text));
      else if ((await readPgpKeys(text)).length > 0) pgp.push(text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw fail('VerificationError', `${entry} of ${title}: ${error.message}`);
    }
  }
  if (pgp.length + ssh.length > 0) return { pgp, ssh };
  throw fail('VerificationError', `${title} holds no public key: add one as *.asc or *.sshpub`);
}

/** Says who of the trusted signed an object, or why its signature does not count. */
export async function judge(
  { payload, signature }: SignedObject,
  { pgp, ssh }: TrustedKeys,
): Promise<Verdict> {
  if (signature === undefined) return { fault: 'it is not signed' };
  switch (signatureKind(signature)) {
    case 'ssh':
      return verifySshSignature(signature, payload, ssh);
    case 'pgp':
      return verifyPgpSignature(signature, payload, pgp);
    case undefined:
      return { fault: 'its signature is neither of PGP nor of SSH' };
  }
}
