// The tables, version by version; PRAGMA user_version says how far a file is. A migration that was released is never edited.

import { StorageError } from '../storage.js'
import type { Connection } from './connection.js'

// Everything of an account goes by the column `account`, which is how wipe() finds it; a table without that column hangs by
// `on delete cascade` on one that has it.
const first = `
  create table secrets (
    name text primary key,
    secret blob not null
  ) strict, without rowid;

  create table accounts (
    account text primary key,
    salt blob not null,
    iterations integer not null,
    sha1_stored blob not null,
    sha1_server blob not null,
    sha256_stored blob not null,
    sha256_server blob not null,
    sha512_stored blob not null,
    sha512_server blob not null
  ) strict, without rowid;

  create table roster (
    account text not null,
    contact text not null,
    name text,
    groups text not null,
    subscription text not null,
    ask integer not null,
    listed integer not null,
    request text,
    approved integer not null,
    primary key (account, contact)
  ) strict, without rowid;

  create table roster_versions (
    account text primary key not null,
    version text not null
  ) strict, without rowid;

  create table blocks (
    account text not null,
    jid text not null,
    primary key (account, jid)
  ) strict, without rowid;

  -- The number is the place in the order of keeping, and where a reader reads on: it must not come again (autoincrement).
  create table messages (
    number integer primary key autoincrement,
    account text not null,
    id text not null,
    xml text not null,
    at integer not null,
    waiting integer not null,
    -- The id first: ids that grow with time then come to lie on one page, and a commit writes that page once. By the account
    -- first, every message of a commit would dirty a page of its own.
    unique (id, account)
  ) strict;
  -- Counting what waits, at every keep(), reading it in order, and wiping run along this one. As every index it ends in the
  -- row's number.
  create index messages_of_account on messages (account, waiting);

  create table registrations (
    number integer primary key,
    account text not null,
    service text not null,
    node text not null,
    sealing_key blob,
    sealing_max_size integer,
    omemo_device integer,
    publish_options text,
    rules text not null,
    resource text not null,
    chosen integer not null,
    user_agent text,
    created integer not null,
    reason text,
    disabled_at integer,
    told integer not null default 0,
    answered_at integer,
    outcome text,
    sealed integer not null default 0,
    used_at integer not null,
    unread integer not null default 0,
    unique (account, service, node)
  ) strict;
  create index registrations_used on registrations (used_at) where reason is null;
  create index registrations_disabled on registrations (disabled_at) where reason is not null;

  -- An id that was settled must never come again (autoincrement): it may still be on its way to the service.
  create table debts (
    id integer primary key autoincrement,
    registration integer not null references registrations on delete cascade,
    message integer not null references messages on delete cascade on update cascade,
    -- As the registration has it, for the index below: a registration never changes its service.
    service text not null,
    item text not null,
    topic text,
    at integer not null,
    expires integer not null,
    due integer not null,
    attempts integer not null default 0,
    unread integer not null default 0,
    unique (message, registration)
  ) strict;
  create index debts_topic on debts (registration, topic);
  -- Each service is read for itself: what is owed to one that cannot be asked now is not looked at.
  create index debts_of_service on debts (service, due);
  create index debts_expiry on debts (expires);

  -- What a new debt does to the others of its registration is said here, row by row, so that keep() can write many in one
  -- statement. A message that is owed to the registration already is not owed twice.
  create trigger debt_comes before insert on debts
  when not exists (select 1 from debts where registration = new.registration and message = new.message)
  begin
    delete from debts where registration = new.registration and topic = new.topic;
    update registrations set unread = unread + 1 where number = new.registration;
  end;
  create trigger debt_came after insert on debts
  begin
    update debts set unread = (select unread from registrations where number = new.registration) where id = new.id;
  end;
  -- However a debt goes, a message that nobody waits for goes with the last one.
  create trigger debt_went after delete on debts
  begin
    delete from messages where number = old.message and waiting = 0
      and not exists (select 1 from debts where message = old.message);
  end;

  create table pep_nodes (
    number integer primary key,
    account text not null,
    node text not null,
    access_model text not null,
    max_items integer,
    persist_items integer not null,
    send_last text not null,
    notify_retract integer not null,
    deliver_payloads integer not null,
    whitelist text not null,
    unique (account, node)
  ) strict;

  create table pep_items (
    number integer primary key,
    pep_node integer not null references pep_nodes on delete cascade,
    id text not null,
    publisher text not null,
    xml text not null,
    at integer not null,
    -- As sizeOf() in storage/pep.ts. Virtual: it is told by the row's header, without the payload.
    bytes integer not null generated always as (octet_length(id) + octet_length(publisher) + octet_length(xml)) virtual,
    unique (pep_node, id)
  ) strict;
  -- With the row's number at its end it gives a node's items in the order of their publishing.
  create index pep_items_in_order on pep_items (pep_node);

  -- What the items of an account take, so that publish() need not sum it up. Not a column of pep_nodes: each change of an item
  -- would write the node's row again, and that may be long by its whitelist.
  create table pep_sizes (
    account text primary key,
    bytes integer not null
  ) strict, without rowid;

  -- An item takes the place of the one of its id by deleting it: \`insert or replace\` would delete without calling triggers.
  create trigger pep_item_comes before insert on pep_items
  begin
    delete from pep_items where pep_node = new.pep_node and id = new.id;
  end;
  create trigger pep_item_came after insert on pep_items
  begin
    insert into pep_sizes (account, bytes) select account, new.bytes from pep_nodes where number = new.pep_node
      on conflict (account) do update set bytes = bytes + excluded.bytes;
  end;
  create trigger pep_item_went after delete on pep_items
  begin
    update pep_sizes set bytes = bytes - old.bytes
      where account = (select account from pep_nodes where number = old.pep_node);
  end;
  -- When the cascade comes the node is gone, and nothing says any more whose items they were.
  create trigger pep_node_goes before delete on pep_nodes
  begin
    delete from pep_items where pep_node = old.number;
  end;

  create table private_xml (
    account text not null,
    namespace text not null,
    name text not null,
    xml text not null,
    primary key (account, namespace, name)
  ) strict;

  create table vcards (
    account text primary key not null,
    -- Before the long columns, so that it is read without them.
    hash text,
    xml text not null,
    photo text
  ) strict;

  create table omemo_lists (
    account text not null,
    namespace text not null,
    devices text not null,
    primary key (account, namespace)
  ) strict, without rowid;

  create table last_activity (
    account text primary key not null,
    at integer not null,
    status text
  ) strict, without rowid;
`

const MIGRATIONS: readonly string[] = [first]

/** Brings the database to the newest version. Throws a StorageError `newer` for a file that a later program wrote. */
export const migrate = async (connection: Connection): Promise<void> => {
  const [row] = await connection.all<{ readonly user_version: number }>('pragma user_version')
  const version = row?.user_version ?? 0
  if (version > MIGRATIONS.length) throw newer(version)
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index >= version) await apply(connection, sql, index + 1)
  }
}

const newer = (version: number): StorageError =>
  new StorageError(
    'newer',
    `The database has version ${version}, but this program knows versions up to ${MIGRATIONS.length} only: it was written by a later version of the program. Run that one, or restore a backup.`,
  )

// The version is part of the transaction: a migration that breaks off leaves the file as it was.
const apply = async (connection: Connection, sql: string, version: number): Promise<void> => {
  try {
    await connection.exec(`begin immediate; ${sql}; pragma user_version = ${version}; commit`)
  } catch (reason) {
    await connection.exec('rollback').catch(() => undefined)
    throw reason
  }
}
