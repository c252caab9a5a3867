export { startGitServer } from './git-server.ts';
export { interruptible } from './interrupt.ts';
export { killPart, restartPart } from './stack/restart.ts';
export { startStack } from './stack/start.ts';
export { stackStatus } from './stack/status.ts';
export { stopStack } from './stack/stop.ts';
export type { Stack } from './stack/types.ts';
export { createProgress, SILENT } from './progress.ts';
export { resolveTool, resolveTools } from './toolchain/resolve.ts';
