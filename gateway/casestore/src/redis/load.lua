#!lua flags=no-writes
-- A case's log.
-- KEYS clock heads log   ARGV case
local head = redis.call('HGET', KEYS[2], ARGV[1])
if not head then
  return { 'gone' }
end
local offset = redis.call('GET', KEYS[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
return { 'log', head, now, redis.call('LRANGE', KEYS[3], 0, -1) }
