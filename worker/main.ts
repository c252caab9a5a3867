import { makeTelemetryFilterString, DefaultLogger, Runtime } from '@temporalio/worker';
import { createLog } from '../client/log.ts';
import { bundleWorkflows } from './bundle.ts';
import { createWorker } from './create-worker.ts';
import { readSettings } from './settings.ts';

const log = createLog();

Runtime.install({
  logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
    log[level === 'ERROR' ? 'error' : 'warn'](message, { ...meta });
  }),
  telemetryOptions: {
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
  },
});

const assembled = await createWorker(readSettings(process.env), await bundleWorkflows());
log.info('worker runs', { artifactPort: assembled.artifactPort });
await assembled.worker.run();
await assembled.close();
