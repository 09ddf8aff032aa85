export { knownClouds, readCloudConfig } from './read-cloud-config.ts';
