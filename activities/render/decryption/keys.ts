import { parse } from 'yaml';
import type { Kustomization } from '../../../api/index.ts';
import type { Cluster } from '../../cluster/client.ts';
import { read } from '../../cluster/kustomizations.ts';
import { secretData } from '../../cluster/secret-data.ts';
import type { ObjectKey } from '../../contract.ts';
import { fail } from '../../failures.ts';

/** What SOPS is given to decrypt with; lives in memory, and in the environment of the child process alone. */
export interface DecryptionKeys {
  /** Private age keys, one a line. */
  readonly age: string;
  /** Armored private PGP keys. */
  readonly pgp: readonly string[];
  /** Credentials of key services, as variables of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Those that are read from a file, by the variable that names it. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * The keys of spec.decryption by Flux's names of the keys of its Secret; without a secretRef the worker's own age keys. Undefined where
 * nothing is to be decrypted. Raises BuildFailed where the Secret is not there or an entry can not be read.
 */
export async function loadKeys(
  cluster: Cluster,
  { decryption }: Kustomization['spec'],
  { namespace, globalSecret }: { namespace: string; globalSecret?: ObjectKey | undefined },
): Promise<DecryptionKeys | undefined> {
  if (!decryption) return undefined;
  const { secretRef } = decryption;
  const source = secretRef ? { namespace, name: secretRef.name } : globalSecret;
  if (!source) return { age: '', pgp: [], environment: {}, files: {} };
  const secret = await read(() => cluster.get({ apiVersion: 'v1', kind: 'Secret', ...source }));
  const title = `Secret/${source.namespace}/${source.name}`;
  if (!secret) throw fail('BuildFailed', `decryption: ${title} not found`);
  const entries = Object.entries(secretData(secret));
  const ending = (suffix: string): string[] =>
    entries.filter(([name]) => name.endsWith(suffix)).map(([, value]) => value.trim());
  // Whoever may use the worker's keys by default gets nothing else of its Secret.
  const own = secretRef ? entries : [];
  const variables = Object.fromEntries(
    own.flatMap(([name, value]) => credentials(name, value, title)),
  );
  const { [certificate]: file, ...environment } = variables;
  return {
    age: ending('.agekey').join('\n'),
    pgp: secretRef ? ending('.asc') : [],
    environment,
    files: file === undefined ? {} : { [certificate]: file },
  };
}

function credentials(name: string, value: string, title: string): (readonly [string, string])[] {
  if (name === 'sops.vault-token') return [['VAULT_TOKEN', value.trim()]];
  if (name === 'sops.gcp-kms') return [['GOOGLE_CREDENTIALS', serviceAccountKey(value, title)]];
  const variables = { 'sops.aws-kms': aws, 'sops.azure-kv': azure }[name];
  if (!variables) return [];
  const fields = mapping(value);
  if (!fields) throw fail('BuildFailed', `decryption: ${name} of ${title} is not a YAML mapping`);
  return Object.entries(variables).flatMap(([field, variable]) => {
    const text = fields[field];
    return typeof text === 'string' ? [[variable, text] as const] : [];
  });
}

/** Every other form of Google's credentials may name a file of the worker, whose content would go to an address that it names too. */
function serviceAccountKey(value: string, title: string): string {
  if (mapping(value)?.['type'] === 'service_account') return value;
  const rule = 'only the JSON key of a service account is taken';
  throw fail('BuildFailed', `decryption: sops.gcp-kms of ${title}: ${rule}`);
}

const aws = {
  aws_access_key_id: 'AWS_ACCESS_KEY_ID',
  aws_secret_access_key: 'AWS_SECRET_ACCESS_KEY',
  aws_session_token: 'AWS_SESSION_TOKEN',
};
const certificate = 'AZURE_CLIENT_CERTIFICATE_PATH';
const azure = {
  tenantId: 'AZURE_TENANT_ID',
  clientId: 'AZURE_CLIENT_ID',
  clientSecret: 'AZURE_CLIENT_SECRET',
  clientCertificate: certificate,
  clientCertificatePassword: 'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  authorityHost: 'AZURE_AUTHORITY_HOST',
};

function mapping(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
