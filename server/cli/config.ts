// `sealpost config …`: whether a config file is right, and what is in effect with it.

import type { Command } from 'commander'
import { configFromSettings, describeConfig } from '../config.js'
import { fileSettings } from './flags.js'

export function addConfig(program: Command): void {
  program
    .command('config')
    .description('check a config file')
    .command('check')
    .option('--config <file>', 'the config file (TOML); without it the defaults are shown')
    .description('say what is wrong with a config file, or print the configuration in effect, without secrets')
    .action((flags: { readonly config?: string }) => {
      process.stdout.write(describeConfig(configFromSettings(fileSettings(flags), [])))
    })
}
