#!lua
-- Appends rows to a case's access chain.
-- KEYS clock heads access-heads access-log   ARGV case prev new row...
local case = redis.call('HEXISTS', KEYS[2], ARGV[1])
local head = redis.call('HGET', KEYS[3], ARGV[1]) or string.rep('\0', 32)
local offset = redis.call('GET', KEYS[1])
redis.call('LLEN', KEYS[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
if case == 0 then
  return { 'gone' }
end
if head == ARGV[3] then
  return { 'done', now }
end
if head ~= ARGV[2] then
  return { 'moved', head, now, redis.call('LRANGE', KEYS[4], 0, -1) }
end
redis.call('RPUSH', KEYS[4], unpack(ARGV, 4))
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
return { 'done', now }
