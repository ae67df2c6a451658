#!lua flags=no-writes
-- Rows of an outbox after a subscriber's cursor, and the number before the first of them.
-- KEYS outbox cursors   ARGV cursor limit
local forgotten = tonumber(redis.call('HGET', KEYS[2], 'forgotten') or 0)
local from = math.max(forgotten, tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0))
local first = from - forgotten
return { 'rows', from, redis.call('LRANGE', KEYS[1], first, first + ARGV[2] - 1) }
