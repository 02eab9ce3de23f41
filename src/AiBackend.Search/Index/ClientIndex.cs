using System.Buffers;

namespace AiBackend.Search.Index;

/// <summary>
/// All that one client can search, in memory. Any number of threads may search while others write: a search sees every document
/// either whole or not at all, and a change that has returned is seen by all later searches.
/// </summary>
public sealed class ClientIndex : IDisposable
{
    private readonly ReaderWriterLockSlim gate = new();
    private readonly Dictionary<string, Entry> documents = new(StringComparer.Ordinal);
    private readonly List<ChunkPlace> places = [];
    private readonly Stack<int> freeSlots = new();
    private readonly KeywordIndex keywords = new();
    private readonly Dictionary<(string Model, int Dimensions), VectorIndex> vectors = [];
    private int restrictedDocuments;

    /// <summary>The number of documents.</summary>
    public int DocumentCount => Read(() => documents.Count);

    /// <summary>The number of chunks of all documents.</summary>
    public int ChunkCount => Read(() => places.Count - freeSlots.Count);

    /// <summary>Adds the document, in the place of one with the same id.</summary>
    public void Put(IndexedDocument document)
    {
        // All that takes time happens before searches are kept waiting.
        var chunks = document.Chunks.Select(chunk => Prepare(document, chunk)).ToArray();
        Write(() =>
        {
            Drop(document.DocumentId);
            var entry = new Entry(document with { Chunks = [] }, new int[chunks.Length]);
            for (var i = 0; i < chunks.Length; i++)
            {
                entry.Slots[i] = Place(chunks[i], entry);
            }

            documents.Add(document.DocumentId, entry);
            restrictedDocuments += document.Acl.Count > 0 ? 1 : 0;
            return true;
        });
    }

    /// <summary>Removes the document.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string documentId) => Write(() => Drop(documentId));

    /// <summary>Removes all documents of a collection.</summary>
    /// <returns>How many there were.</returns>
    public int RemoveCollection(string collectionId) => Write(() =>
        documents.Values.Where(entry => entry.Document.CollectionId == collectionId).Select(entry => entry.Document.DocumentId).ToList().Count(Drop));

    /// <summary>Finds the best chunks for a query.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1.</exception>
    public SearchResults Search(SearchQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        var terms = ChunkTerms.Of(query.Text);
        return Read(() =>
        {
            var allowed = FindAllowed(query, out var rented);
            var search = new SearchPass(query, terms, places, keywords, vectors);
            var results = search.Run(allowed);
            if (rented is not null)
            {
                ArrayPool<bool>.Shared.Return(rented);
            }

            return results;
        });
    }

    /// <summary>How much each telling term of a text tells within this index: its stem and its inverse document frequency.</summary>
    public IReadOnlyDictionary<string, double> WeighTerms(string text)
    {
        var terms = ChunkTerms.Of(text);
        return Read(() => terms.Counts.Keys.ToDictionary(term => term, term => (double)keywords.InverseDocumentFrequency(term)));
    }

    /// <summary>Frees the lock; the index must not be in use any more.</summary>
    public void Dispose() => gate.Dispose();

    private static PreparedChunk Prepare(IndexedDocument document, IndexedChunk chunk)
    {
        var unit = chunk is { Model: not null, Vector: not null } ? VectorIndex.Normalise(chunk.Vector) : null;
        return new PreparedChunk(chunk.ChunkId, ChunkTerms.Of(document.Title, chunk.Text), chunk.Model ?? "", unit);
    }

    private int Place(PreparedChunk chunk, Entry entry)
    {
        var place = new ChunkPlace(chunk.ChunkId, entry.Document);
        if (freeSlots.TryPop(out var slot))
        {
            places[slot] = place;
        }
        else
        {
            slot = places.Count;
            places.Add(place);
        }

        keywords.Add(slot, chunk.Terms);
        if (chunk.Unit is { } unit)
        {
            if (!vectors.TryGetValue((chunk.Model, unit.Length), out var index))
            {
                vectors.Add((chunk.Model, unit.Length), index = new VectorIndex(unit.Length));
            }

            index.Add(slot, unit);
        }

        return slot;
    }

    private bool Drop(string documentId)
    {
        if (!documents.Remove(documentId, out var entry))
        {
            return false;
        }

        foreach (var slot in entry.Slots)
        {
            keywords.Remove(slot);
            foreach (var (model, index) in vectors)
            {
                index.Remove(slot);
                if (index.Count == 0)
                {
                    vectors.Remove(model);
                }
            }

            places[slot] = default;
            freeSlots.Push(slot);
        }

        restrictedDocuments -= entry.Document.Acl.Count > 0 ? 1 : 0;
        return true;
    }

    /// <returns>Per slot whether it may be found; empty where every slot may.</returns>
    private ReadOnlySpan<bool> FindAllowed(SearchQuery query, out bool[]? rented)
    {
        rented = null;
        if (query is { CollectionIds: null, Filter: null, Where: null } && restrictedDocuments == 0)
        {
            return [];
        }

        rented = ArrayPool<bool>.Shared.Rent(places.Count + 1);
        var allowed = rented.AsSpan(0, places.Count + 1);
        allowed.Clear();
        var collections = query.CollectionIds?.ToHashSet(StringComparer.Ordinal);
        var acl = query.Acl.ToHashSet(StringComparer.Ordinal);
        foreach (var (document, slots) in documents.Values)
        {
            if (collections?.Contains(document.CollectionId) != false
                && (document.Acl.Count == 0 || document.Acl.Any(acl.Contains))
                && query.Filter?.Matches(document.Metadata) != false
                && query.Where?.Invoke(document) != false)
            {
                foreach (var slot in slots)
                {
                    allowed[slot] = true;
                }
            }
        }

        return allowed;
    }

    private T Read<T>(Func<T> work)
    {
        gate.EnterReadLock();
        try
        {
            return work();
        }
        finally
        {
            gate.ExitReadLock();
        }
    }

    private T Write<T>(Func<T> work)
    {
        gate.EnterWriteLock();
        try
        {
            return work();
        }
        finally
        {
            gate.ExitWriteLock();
        }
    }

    private sealed record Entry(IndexedDocument Document, int[] Slots);

    private readonly record struct PreparedChunk(string ChunkId, ChunkTerms Terms, string Model, float[]? Unit);
}

/// <summary>What is known of the chunk in a slot.</summary>
internal readonly record struct ChunkPlace(string ChunkId, IndexedDocument Document);
