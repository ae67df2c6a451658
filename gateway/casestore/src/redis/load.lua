#!lua flags=no-writes
-- A case's log.
-- KEYS heads log   ARGV case
local heads = redis.call('HMGET', KEYS[1], ARGV[1], 'clock')
local head, offset = heads[1], heads[2]
if not head then
  return { 'gone' }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
return { 'log', head, now, redis.call('LRANGE', KEYS[2], 0, -1) }
