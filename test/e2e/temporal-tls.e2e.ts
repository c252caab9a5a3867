import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { resolveTool, SILENT } from '../../deploy/dev/index.ts';
import { createServices, type Services } from '../../deploy/dev/services.ts';
import { createServingCertificate } from '../../deploy/dev/stack/certificates.ts';
import { clientCertificate } from '../support/client-certificate.ts';
import { gitRepository, kustomization, type Manifest } from '../support/cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { directoryWith } from '../support/files.ts';
import { configMap } from '../support/manifests.ts';
import { openSpace } from '../support/space.ts';
import { startTemporalProxy, type TemporalProxy } from '../support/temporal-proxy.ts';

const { space, repository } = await openSpace();
const key = 'sharding.fluxcd.io/key';
let proxy: TemporalProxy;
let files: string;
let dir: string;
let environment: Record<string, string>;
const started: Services[] = [];

beforeAll(async () => {
  const [server, other] = [await createServingCertificate(), await createServingCertificate()];
  const client = await clientCertificate();
  files = await directoryWith({
    'ca.crt': server.ca,
    'other.crt': other.ca,
    'tls.crt': client.cert,
    'tls.key': client.key,
  });
  dir = await mkdtemp(join(tmpdir(), 'sluice-tls-'));
  const target = inject('temporalAddress');
  const { key: own, certificate: cert } = server;
  proxy = await startTemporalProxy({ target, key: own, cert, clientCa: client.cert });
  environment = {
    TEMPORAL_ADDRESS: proxy.address,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(files, 'ca.crt'),
    TEMPORAL_TLS_CLIENT_CERT_PATH: join(files, 'tls.crt'),
    TEMPORAL_TLS_CLIENT_KEY_PATH: join(files, 'tls.key'),
    TEMPORAL_API_KEY: 'canary-api-key',
  };
});

afterAll(async () => {
  for (const services of started) await services.stopAll();
  await proxy.close();
  for (const each of [files, dir]) await rm(each, { recursive: true, force: true });
});

async function servicesWith(changes: Record<string, string> = {}): Promise<Services> {
  const stack = {
    kubeconfig: inject('kubeconfig'),
    temporalAddress: proxy.address,
    tools: { kustomize: await resolveTool('kustomize', SILENT) },
  };
  const services = await createServices(stack, {
    dir,
    environment: {
      SLUICE_TASK_QUEUE: space.name,
      SLUICE_WATCH_LABEL_SELECTOR: `${key}=${space.name}`,
      ...environment,
      ...changes,
    },
  });
  started.push(services);
  return services;
}

function ours({ metadata, ...rest }: Manifest): Manifest {
  return { ...rest, metadata: { ...metadata, labels: { [key]: space.name } } };
}

const cli = (changes: Record<string, string> = {}): ReturnType<typeof commandLine> =>
  commandLine(space.name, { KUBECONFIG: inject('kubeconfig'), ...environment, ...changes });

test('worker, bridge and command line reach a Temporal that wants certificates and an API key', async () => {
  const services = await servicesWith();
  await Promise.all([services.start('worker'), services.start('bridge')]);
  await repository.commit({ 'a.yaml': configMap('a') });
  await space.apply(ours(gitRepository('repo', repository.url)));
  await space.apply(ours(kustomization('app', 'repo', { targetNamespace: space.name })));
  await space.untilReady('Kustomization', 'app');
  const { stdout, stderr, code } = await cli()('history', 'ks', 'app');
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).toContain('applied');
  // What the bridge, the worker and the command line call.
  for (const method of [
    'SignalWithStartWorkflowExecution',
    'PollWorkflowTaskQueue',
    'ListWorkflowExecutions',
  ]) {
    expect(proxy.methods).toContain(method);
  }
  expect([...proxy.authorizations]).toEqual(['Bearer canary-api-key']);
});

test('an authority that is not the one of the server is told with the setting to look at', async () => {
  const changes = { TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(files, 'other.crt') };
  const told = /can not be reached, its certificate is not trusted \(.+\)/;
  const step = 'set TEMPORAL_TLS_SERVER_CA_CERT_PATH to its authority';
  const services = await servicesWith(changes);
  const [worker, bridge] = await Promise.allSettled([
    services.start('worker'),
    services.start('bridge'),
  ]);
  for (const end of [worker, bridge]) {
    const reason = end.status === 'rejected' ? String(end.reason) : 'it runs';
    expect(reason).toMatch(told);
    expect(reason).toContain(step);
    expect(reason).not.toContain('canary-api-key');
  }
  const { stderr, code } = await cli(changes)('history', 'ks', 'app');
  expect(stderr).toMatch(told);
  expect(stderr).toContain(`next: ${step}`);
  expect(code).toBe(1);
});
