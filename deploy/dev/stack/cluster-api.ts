import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { credentialPaths, readToken } from './credentials.ts';
import { portOf } from './parts.ts';
import type { StackState } from './state.ts';

/** A request to the stack's own API server. */
export interface ClusterRequest {
  readonly path: string;
  readonly body?: unknown;
}

/** Its answer; the body is whatever JSON came, checked by the caller. */
export interface ClusterAnswer {
  readonly status: number;
  readonly body: unknown;
}

const NODE = 'node-0';
const TIMEOUT_MS = 3_000;
const NodeConditions = z.object({
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
  }),
});

/** Asks the API server as admin: GET, or POST if there is a body. */
export async function clusterRequest(
  dir: string,
  state: StackState,
  { path, body }: ClusterRequest,
): Promise<ClusterAnswer> {
  const [ca, token] = await Promise.all([readFile(credentialPaths(dir).ca), readToken(dir)]);
  const agent = new Agent({ connect: { ca, timeout: TIMEOUT_MS } });
  try {
    const response = await request(`https://127.0.0.1:${portOf(state, 'apiserver')}${path}`, {
      dispatcher: agent,
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token ?? ''}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.statusCode, body: parse(await response.body.text()) };
  } finally {
    await agent.destroy();
  }
}

/** Makes the one node that kwok plays; that it exists already is fine. */
export async function ensureNode(dir: string, state: StackState): Promise<void> {
  const { status } = await clusterRequest(dir, state, {
    path: '/api/v1/nodes',
    body: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: NODE,
        annotations: { 'kwok.x-k8s.io/node': 'fake' },
        labels: {
          'kubernetes.io/hostname': NODE,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
        },
      },
    },
  });
  if (status !== 201 && status !== 409) throw new Error(`cannot create ${NODE}: HTTP ${status}`);
}

/** Whether pods can be placed on the node. */
export async function isNodeReady(dir: string, state: StackState): Promise<boolean> {
  const { body } = await clusterRequest(dir, state, { path: `/api/v1/nodes/${NODE}` });
  const node = NodeConditions.safeParse(body).data;
  return node?.status.conditions.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
