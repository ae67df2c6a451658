#!lua
-- Appends rows to a case's access chain; its log is written first and needs no touch.
-- KEYS heads access-heads access-log   ARGV case prev new row...
local heads = redis.call('HMGET', KEYS[1], ARGV[1], 'clock')
local case, offset = heads[1], heads[2]
local head = redis.call('HGET', KEYS[2], ARGV[1]) or string.rep('\0', 32)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
if not case then
  return { 'gone' }
end
if head == ARGV[3] then
  return { 'done', now }
end
if head ~= ARGV[2] then
  return { 'moved', head, now, redis.call('LRANGE', KEYS[3], 0, -1) }
end
redis.call('RPUSH', KEYS[3], unpack(ARGV, 4))
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return { 'done', now }
