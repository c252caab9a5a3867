import type { TestNamespace } from '../test/support/cluster.ts';
import { signedByGitHub } from '../test/support/receivers.ts';
import { receiverPortIn } from '../test/support/webhooks.ts';

/** A Receiver that is served. */
export interface ServedReceiver {
  readonly port: number;
  readonly path: string;
}

/** The token of the Receivers that are measured. */
export const token = 'benchmark';

/** Makes a Receiver for GitHub that wakes `GitRepository/repo`, and finds where the bridge with this log serves it. */
export async function openReceiver(at: TestNamespace, log: string): Promise<ServedReceiver> {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hook' } };
  await at.apply({ ...secret, stringData: { token } });
  await at.apply({
    apiVersion: 'notification.toolkit.fluxcd.io/v1',
    kind: 'Receiver',
    metadata: { name: 'hook' },
    spec: {
      type: 'github',
      secretRef: { name: 'hook' },
      resources: [{ kind: 'GitRepository', name: 'repo' }],
    },
  });
  const { status } = await at.untilReady('Receiver', 'hook');
  return { port: await receiverPortIn(log), path: String(status['webhookPath']) };
}

/** Posts a push event as GitHub signs it; gives the status of the answer. */
export async function postSigned({ port, path }: ServedReceiver, body: string): Promise<number> {
  const headers = signedByGitHub(token, body);
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
  await answer.text();
  return answer.status;
}
