import type { OCIRepository } from '../../../api/index.ts';
import { parseTimeout } from '../../../api/index.ts';
import type { Cluster } from '../../cluster/client.ts';
import { list, record, text } from '../../cluster/untyped.ts';
import { fail } from '../../failures.ts';
import { addressOf, proxyIn } from '../git-proxy.ts';
import { openSecrets, type ReadSecret, type Secrets } from '../source-secrets.ts';
import { credentialFor, parseDockerConfig, type CredentialEntry } from './docker-config.ts';
import type { RepositoryName } from './repository-name.ts';
import type { SessionOptions } from './session.ts';

/**
 * Reads all that is needed to reach the registry of a source from the Secrets that it names, in its own namespace. Raises
 * AuthenticationFailed, naming the object and the key at fault, never a value.
 */
export async function registryAccess(
  cluster: Cluster,
  { spec }: OCIRepository,
  repository: RepositoryName,
  namespace: string,
): Promise<Omit<SessionOptions, 'signal'> & { readonly timeoutMs: number }> {
  const secrets = openSecrets(cluster, namespace);
  const credential = credentialFor(await credentialsOf(secrets, spec), repository);
  const { certSecretRef, proxySecretRef } = spec;
  return {
    timeoutMs: parseTimeout(spec.timeout),
    insecure: spec.insecure ?? false,
    credential,
    ...(certSecretRef
      ? { tls: tlsOf(await secrets.read(certSecretRef.name, 'certSecretRef')) }
      : {}),
    ...(proxySecretRef
      ? { proxy: proxyOf(await secrets.read(proxySecretRef.name, 'proxySecretRef')) }
      : {}),
  };
}

async function credentialsOf(
  secrets: Secrets,
  { secretRef, serviceAccountName }: OCIRepository['spec'],
): Promise<CredentialEntry[][]> {
  const lists: CredentialEntry[][] = [];
  if (secretRef) lists.push(dockerConfigOf(await secrets.read(secretRef.name, 'secretRef')));
  if (!serviceAccountName) return lists;
  const account = await secrets.serviceAccount(serviceAccountName);
  for (const entry of list(record(account)['imagePullSecrets'])) {
    const field = `serviceAccountName: it is an image pull secret of ${serviceAccountName}`;
    lists.push(dockerConfigOf(await secrets.read(text(entry['name']), field)));
  }
  return lists;
}

function dockerConfigOf({ title, values }: ReadSecret): CredentialEntry[] {
  const config = values.get('.dockerconfigjson') ?? values.get('.dockercfg');
  if (config === undefined) {
    const advice = 'make it of the type kubernetes.io/dockerconfigjson';
    throw fail('AuthenticationFailed', `${title} lacks .dockerconfigjson: ${advice}`);
  }
  try {
    return parseDockerConfig(config);
  } catch (error) {
    const fault = error instanceof Error ? error.message : 'can not be read';
    throw fail('AuthenticationFailed', `.dockerconfigjson of ${title} ${fault}`);
  }
}

function tlsOf({ title, values }: ReadSecret): NonNullable<SessionOptions['tls']> {
  const [ca, cert, key] = ['ca.crt', 'tls.crt', 'tls.key'].map((name) => values.get(name));
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'tls.crt' : 'tls.key';
    const advice = 'a client certificate needs both';
    throw fail('AuthenticationFailed', `${title} lacks ${missing}: ${advice}`);
  }
  if (ca === undefined && cert === undefined) {
    throw fail('AuthenticationFailed', `${title} has neither ca.crt nor tls.crt and tls.key`);
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function proxyOf(secret: ReadSecret): NonNullable<SessionOptions['proxy']> {
  const proxy = proxyIn(secret);
  const { username, password } = proxy;
  return {
    address: addressOf(proxy),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}
