#!lua
-- Makes or joins a case, with the bucket and the request's receipt; the appending is that of append.lua.
-- KEYS heads log due live-ids live outbox receipt bucket
-- ARGV case prev prev_rows new row due_in|'' live?1:0 live version create?1:0 features outbox...
local receipt = redis.call('GET', KEYS[7])
if receipt then
  return { 'replayed', receipt }
end
local version = redis.call('HGET', KEYS[8], 'v') or '0'
if version ~= ARGV[9] then
  return { 'bucket', redis.call('HGETALL', KEYS[8]) }
end
local heads = redis.call('HMGET', KEYS[1], ARGV[1], 'clock')
local head, offset = heads[1], heads[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
local create = ARGV[10] == '1'
if not head and not create then
  return { 'gone' }
end
if head and (create or head ~= ARGV[2]) then
  return { 'moved', now, redis.call('LRANGE', KEYS[2], ARGV[3], -1) }
end
redis.call('ZCARD', KEYS[3])
local was_live = redis.call('HEXISTS', KEYS[5], ARGV[1]) == 1
local turns = was_live ~= (ARGV[7] == '1')
if turns then
  redis.call('ZCARD', KEYS[4])
end
if #ARGV > 11 then
  redis.call('LLEN', KEYS[6])
end
local rows = redis.call('RPUSH', KEYS[2], ARGV[5])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
if ARGV[6] == '' then
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('ZADD', KEYS[3], now + ARGV[6], ARGV[1])
end
if ARGV[7] == '1' then
  redis.call('HSET', KEYS[5], ARGV[1], ARGV[8])
elseif was_live then
  redis.call('HDEL', KEYS[5], ARGV[1])
end
if turns and was_live then
  redis.call('ZREM', KEYS[4], ARGV[1])
elseif turns then
  redis.call('ZADD', KEYS[4], 0, ARGV[1])
end
for i = 12, #ARGV do
  redis.call('RPUSH', KEYS[6], ARGV[i])
end
if create then
  local next = redis.call('HINCRBY', KEYS[8], 'v', 1)
  redis.call('HSET', KEYS[8], next, ARGV[1] .. ARGV[11])
end
redis.call('SET', KEYS[7], ARGV[1])
redis.call('SPUBLISH', string.sub(KEYS[1], 1, -6) .. 'moved', ARGV[1] .. ':' .. rows)
return { 'done', now }
