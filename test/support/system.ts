import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { connectCluster } from '../../activities/cluster/client.ts';
import { installCrds, registerSearchAttributes } from '../../client/install.ts';
import { startStack, stopStack, type Stack } from '../../deploy/dev/index.ts';
import { createServices, type ServiceOptions, type Services } from '../../deploy/dev/services.ts';

/** A whole installation on one machine: the stack, a worker and a bridge. */
export interface TestSystem {
  readonly stack: Stack;
  readonly services: Services;
  readonly serviceDir: string;
  /** Ends everything and removes its files. */
  stop(): Promise<void>;
}

/** Starts an installation below a directory, of compiled code or with arguments for Node where wanted; what was started is ended again if a part fails. */
export async function startSystem(
  dir: string,
  environment: Record<string, string> = {},
  run: Pick<ServiceOptions, 'compiled' | 'nodeArguments'> = {},
): Promise<TestSystem> {
  const serviceDir = join(dir, 'services');
  const stack = await startStack({ dir: join(dir, 'stack'), respectEnvironment: false });
  const services = await createServices(stack, { dir: serviceDir, environment, ...run });
  const stop = async (): Promise<void> => {
    await services.stopAll();
    await stopStack(stack.dir, { purge: !process.env['SLUICE_KEEP'] });
    // Kept on demand, to look at what a failed run left behind.
    if (!process.env['SLUICE_KEEP']) await rm(dir, { recursive: true, force: true });
  };
  try {
    await installOn(stack);
    await Promise.all([services.start('worker'), services.start('bridge')]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stack, services, serviceDir, stop };
}

/** Installs CRDs and search attributes. */
export async function installOn(stack: Stack): Promise<void> {
  const cluster = await connectCluster(stack.kubeconfig);
  const connection = await Connection.connect({ address: stack.temporalAddress });
  await installCrds(cluster);
  await registerSearchAttributes(new Client({ connection }), 'default');
  await cluster.close();
  await connection.close();
}
