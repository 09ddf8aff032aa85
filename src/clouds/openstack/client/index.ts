export type { OpenStackCall } from './call.ts';
export { createOpenStackClient, type OpenStackClient } from './client.ts';
export type { DomainRef, Named, OpenStackAuth, OpenStackCredentials } from './credentials.ts';
export { listAll } from './pages.ts';
export { waitUntil } from './wait-until.ts';
