#!lua flags=no-writes
-- A case's access log.
-- KEYS heads access-heads access-log   ARGV case
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return { 'gone' }
end
local head = redis.call('HGET', KEYS[2], ARGV[1]) or string.rep('\0', 32)
return { 'log', head, redis.call('LRANGE', KEYS[3], 0, -1) }
