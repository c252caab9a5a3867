import type { KexAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';

/** The key exchanges that there are, the best first; those with SHA-1 are used only where a setting names them. */
export const kexAlgorithms = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group-exchange-sha256',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group15-sha512',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group17-sha512',
  'diffie-hellman-group18-sha512',
  'diffie-hellman-group14-sha1',
] as const satisfies readonly KexAlgorithm[];

/** The signatures of host keys that there are, the best first; ssh-rsa is SHA-1 and used only where a setting names it. */
export const hostKeyAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const satisfies readonly ServerHostKeyAlgorithm[];

/** Which algorithms may be negotiated, in the order of preference; empty lists stand for the usual ones. */
export interface SshAlgorithms {
  readonly kex: readonly (typeof kexAlgorithms)[number][];
  readonly hostKey: readonly (typeof hostKeyAlgorithms)[number][];
}

/** The key exchanges to offer. */
export function offeredKex({ kex }: SshAlgorithms): KexAlgorithm[] {
  return kex.length > 0 ? [...kex] : kexAlgorithms.filter((name) => !name.endsWith('-sha1'));
}

/** The signatures to offer for host keys of these types; none where a setting excludes them all. */
export function offeredHostKeys(
  types: ReadonlySet<string>,
  { hostKey }: SshAlgorithms,
): ServerHostKeyAlgorithm[] {
  const allowed = hostKey.length > 0 ? hostKey : hostKeyAlgorithms.filter((n) => n !== 'ssh-rsa');
  return allowed.filter((name) => types.has(name.startsWith('rsa-') ? 'ssh-rsa' : name));
}
